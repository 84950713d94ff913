/**
 * The body of an answer as the server meant it, however it travelled. Reading it slowly holds the server back, and destroying
 * it closes the connection. A compressed body that is damaged, breaks off or goes on after its end fails, and never just ends.
 */
import { finished, pipeline, type Readable, Transform } from "node:stream"
import zlib from "node:zlib"
import type { ClickHouseSettings } from "@clickhouse/client"

export const compressions = ["none", "gzip", "zstd"] as const
export type Compression = (typeof compressions)[number]

/** What is asked of the server; a server or proxy that does otherwise says so in its answer. */
export const asking = (
  compression: Compression,
): { readonly headers: Record<string, string>; readonly settings: ClickHouseSettings } =>
  compression === "none"
    ? { headers: {}, settings: {} }
    : { headers: { "Accept-Encoding": compression }, settings: { enable_http_compression: 1 } }

/** What arrived is not what the server compressed. */
export class Damaged extends Error {
  readonly code = "DAMAGED"
}

/** Each piece costs the rest of the way the same. */
const chunkSize = 1 << 18

export const decompressed = (body: Readable, encoding: string | undefined): Readable => {
  if (encoding === undefined || encoding === "" || encoding === "identity") return body
  const decoder = decoderOf(encoding)
  let received = 0
  body.on("data", (chunk: Uint8Array) => (received += chunk.length))
  // Decoders pass over what follows the end of a compressed body, where a failing server may have written that it failed.
  const whole = new Transform({
    transform: (chunk, _, done) => done(null, chunk),
    flush: (done) =>
      void finished(body, { writable: false }, (cause) =>
        done(cause ?? (received > decoder.bytesWritten ? new Damaged("it goes on after its end") : null)),
      ),
  })
  return pipeline(body, decoder, whole, () => {})
}

const decoderOf = (encoding: string) => {
  switch (encoding) {
    case "gzip":
      return zlib.createGunzip({ chunkSize })
    case "zstd":
      return zlib.createZstdDecompress({ chunkSize })
    default:
      throw new Damaged(`it is compressed as ${encoding}, which was not asked for`)
  }
}
