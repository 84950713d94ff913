/** How files end, and what compresses them: gzip(1) and zstd(1), unless the format does so within itself. */
import type { Transform } from "node:stream"
import { createGzip, createZstdCompress } from "node:zlib"
import type { Config } from "../Config.ts"

export const compressor = ({ compression, format }: Config): Transform | undefined => {
  if (format === "parquet" || compression === "none") return undefined
  return compression === "gzip" ? createGzip() : createZstdCompress()
}

const suffix = { none: "", gzip: ".gz", zstd: ".zst" } as const

export const extension = ({ compression, format }: Config): string =>
  format === "parquet" ? ".parquet" : `.${format}${suffix[compression]}`
