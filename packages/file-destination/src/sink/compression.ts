/** Compressed files, as gzip(1) and zstd(1) write them. */
import type { Transform } from "node:stream"
import { createGzip, createZstdCompress } from "node:zlib"
import type { Compression } from "../Config.ts"

export const compressor: Readonly<Record<Compression, () => Transform | undefined>> = {
  none: () => undefined,
  gzip: () => createGzip(),
  zstd: () => createZstdCompress(),
}

export const extension: Readonly<Record<Compression, string>> = {
  none: ".jsonl",
  gzip: ".jsonl.gz",
  zstd: ".jsonl.zst",
}
