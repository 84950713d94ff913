/** Compressed bodies, both ways. */
import type { Readable, Transform } from "node:stream"
import zlib from "node:zlib"
import { Exception } from "./Exception.ts"

/** In the order in which the server prefers them. */
const encodings = ["gzip", "br", "deflate", "zstd"] as const
export type Encoding = (typeof encodings)[number]

export const decompressed = (body: Readable, encoding: string | undefined): Readable => {
  switch (encoding) {
    case undefined:
    case "":
    case "identity":
      return body
    case "gzip":
    case "x-gzip":
      return piped(body, zlib.createGunzip())
    case "deflate":
      return piped(body, zlib.createInflate())
    case "br":
      return piped(body, zlib.createBrotliDecompress())
    case "zstd":
      return piped(body, zlib.createZstdDecompress())
    default:
      throw new Exception(48, "NOT_IMPLEMENTED", `Unknown compression method: ${encoding}`)
  }
}

const piped = (body: Readable, into: Transform): Transform => {
  body.once("error", (error) => into.destroy(error))
  return body.pipe(into)
}

export const negotiate = (accepted: string | undefined): Encoding | undefined =>
  encodings.find((encoding) => accepted?.split(/[\s,;]+/).includes(encoding))

/** `level` is of the server's setting `http_zlib_compression_level`. */
export const compressor = (
  encoding: Encoding,
  level: number,
): zlib.Gzip | zlib.Deflate | zlib.BrotliCompress | zlib.ZstdCompress => {
  switch (encoding) {
    case "gzip":
      return zlib.createGzip({ level, chunkSize: 1 << 18 })
    case "deflate":
      return zlib.createDeflate({ level, chunkSize: 1 << 18 })
    case "br":
      return zlib.createBrotliCompress({ params: { [zlib.constants.BROTLI_PARAM_QUALITY]: level } })
    case "zstd":
      return zlib.createZstdCompress()
  }
}
