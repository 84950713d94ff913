/** Answers that travel compressed: the same bytes, and the same care about their end. */
import zlib from "node:zlib"
import type { SourceError } from "@batch-exports/core"
import { assert, layer } from "@effect/vitest"
import { ClickHouseServer } from "@batch-exports/dev-services"
import { Effect } from "effect"
import { events } from "../src/models/events.ts"
import { client, configured, created, day, plain, projection, readAll, run } from "./support/reading.ts"
import type { ServerResponse } from "node:http"
import { type Asked, nonceOf, type Reachable, replaying, troubled } from "./support/servers.ts"
import { bulk } from "./support/table.ts"

const { tables } = events({ name: "events", teamId: 1 })
const columns = tables[0]?.columns ?? []
const methods = ["gzip", "zstd"] as const

const read = Effect.fnUntraced(function* (
  server: Reachable,
  compression: string,
  { selection = {} }: { selection?: { readonly [key: string]: unknown } } = {},
) {
  const opened = yield* configured(server, { config: { compression }, selection }).open
  return yield* readAll(opened, { projection: projection(opened.model, "postgres-copy-text", created(opened.model)) })
}, Effect.scoped)

const failure = <A>(effect: Effect.Effect<A, SourceError>, about = ""): Effect.Effect<SourceError> =>
  Effect.matchEffect(effect, {
    onFailure: Effect.succeed,
    onSuccess: () => Effect.die(new Error(`${about} was taken for whole`)),
  })

const compress = { gzip: (bytes: Uint8Array) => zlib.gzipSync(bytes), zstd: (bytes: Uint8Array) => checked(bytes) }

/** With a checksum, as ClickHouse does. */
const checked = (bytes: Uint8Array) =>
  zlib.zstdCompressSync(bytes, { params: { [zlib.constants.ZSTD_c_checksumFlag]: 1 } })

layer(ClickHouseServer.layer, { excludeTestServices: true })("a compressed answer", (it) => {
  const size = { rows: 3000, bytes: 500 }

  it.effect("holds the same bytes, and fewer of them travel", () =>
    Effect.gen(function* () {
      const server = yield* ClickHouseServer
      const selection = { table: yield* bulk(yield* client(server), { rows: 1000, bytes: 2000 }) }
      const whole = yield* read(server, "none", { selection })
      assert.strictEqual(whole.tally.rows, 1000)
      for (const method of methods) {
        const proxy = yield* troubled(server, "")
        const same = yield* read(proxy, method, { selection })
        assert.deepStrictEqual(same.tally, whole.tally)
        assert.isTrue(same.bytes.equals(whole.bytes), method)
        assert.deepStrictEqual(
          proxy.travelled.map((answer) => answer.encoding),
          [method],
        )
        assert.isBelow(proxy.travelled[0]?.bytes ?? Infinity, whole.bytes.length / 2)
      }
    }),
  )

  const styles = [
    ["dev_exception=tagged", "QueryInvalid"],
    ["dev_exception=tagged&dev_tail=1", "QueryInvalid"],
    ["dev_exception=untagged", "QueryInvalid"],
    ["dev_exception=untagged&dev_tail=1", "QueryInvalid"],
    ["dev_exception=cut", "ConnectionLost"],
    ["dev_exception=silent", "SourceIncomplete"],
  ] as const
  it.effect("that the engine breaks off, in each way that there is", () =>
    Effect.gen(function* () {
      const server = yield* ClickHouseServer
      for (const method of methods) {
        for (const [settings, reason] of styles) {
          const proxy = yield* troubled(server, `${settings}&dev_fail_after_bytes=1000003`)
          const error = yield* failure(read(proxy, method, { selection: plain(size) }))
          assert.strictEqual(error.reason, reason, `${method} ${settings}: ${error.message}`)
        }
      }
    }),
  )

  type Change = (whole: Buffer, compressed: Buffer) => Buffer
  const bodies: ReadonlyArray<readonly [string, Change]> = [
    ["without its last byte", (_, body) => body.subarray(0, -1)],
    ["without its second half", (_, body) => body.subarray(0, body.length >> 1)],
    ["of no bytes", () => Buffer.alloc(0)],
    [
      "with another byte in its middle",
      (_, body) => Buffer.from(body.map((byte, at) => (at === body.length >> 1 ? byte ^ 0x55 : byte))),
    ],
    [
      "with another byte in its checksum",
      (_, body) => Buffer.from(body.map((byte, at) => (at === body.length - 2 ? byte ^ 0x55 : byte))),
    ],
    [
      "with more behind it",
      (_, body) => Buffer.concat([body, Buffer.from("Code: 241. DB::Exception: Memory limit exceeded")]),
    ],
    ["that is not compressed", (whole) => whole],
  ]
  it.effect("that was changed on its way is never whole", () =>
    Effect.gen(function* () {
      for (const method of methods) {
        for (const [what, change] of bodies) {
          for (const [pieces, length] of [
            ["at once", Infinity],
            ["in pieces", 1000],
          ] as const) {
            const server = yield* replaying(answering(method, change, length))
            const error = yield* failure(read(server, method), `${method} ${what}, ${pieces}`)
            assert.strictEqual(error.reason, "SourceIncomplete", `${method} ${what}, ${pieces}: ${error.message}`)
          }
        }
        const whole = yield* read(yield* replaying(answering(method, (_, body) => body, 1000)), method)
        assert.strictEqual(whole.tally.rows, 5000)
        const other = method === "gzip" ? "zstd" : "gzip"
        const asItSays = yield* read(yield* replaying(answering(other, (_, body) => body, 1000)), method)
        assert.strictEqual(asItSays.bytes.compare(whole.bytes), 0)
      }
      const strange = yield* replaying((asked, response) => {
        if (described(asked) === undefined) response.setHeader("Content-Encoding", "lz4")
        response.end(described(asked) ?? "?")
      })
      assert.include((yield* failure(read(strange, "gzip"))).message, "ClickHouse")
    }),
  )

  it.effect("that nobody reads to its end lets go of the query", () =>
    Effect.gen(function* () {
      const server = yield* ClickHouseServer
      const connection = yield* client(server)
      const selection = plain({ rows: 1_000_000, bytes: 1000, random: true })
      const running = Effect.promise(async () => {
        const result = await connection.query({
          query: `SELECT count() AS n FROM system.processes WHERE query LIKE '%randomString%' AND query LIKE '%FORMAT Template%' AND query NOT LIKE '%system.processes%'`,
          format: "JSONEachRow",
        })
        return Number((await result.json<{ n: string | number }>())[0]?.n)
      })
      for (const method of methods) {
        const opened = yield* configured(server, { config: { compression: method }, selection }).open
        yield* Effect.scoped(
          Effect.gen(function* () {
            const { bytes } = yield* opened.read({
              run: run(opened, day),
              window: day,
              projection: projection(opened.model, "postgres-copy-text", ["number", "x"]),
            })
            const first = yield* Effect.promise(() => bytes[Symbol.asyncIterator]().next())
            assert.isFalse(first.done)
            // Nobody asks for more, so the engine cannot go on: what is read slowly holds it back.
            yield* Effect.sleep("300 millis")
            assert.strictEqual(yield* running, 1)
          }),
        )
        yield* running.pipe(Effect.delay("20 millis"), Effect.repeat({ until: (count) => count === 0 }))
      }
    }),
  )
})

/** Answers what `open` asks as an engine would. */
const described = (asked: Asked): string | undefined =>
  asked.query.startsWith("DESCRIBE")
    ? columns.map((name) => `${JSON.stringify({ name })}\n`).join("")
    : asked.params.has("format_template_row_format")
      ? undefined
      : "{}\n"

/** A whole answer of 5000 rows, compressed and changed, in pieces of so many bytes. */
const answering =
  (method: (typeof methods)[number], change: (whole: Buffer, compressed: Buffer) => Buffer, length: number) =>
  (asked: Asked, response: ServerResponse) => {
    const known = described(asked)
    if (known !== undefined) return response.end(known)
    const rows = Array.from({ length: 5000 }, (_, row) => `${Math.imul(row, 0x9e3779b1) >>> 0}\tb\n`).join("")
    const whole = Buffer.from(`${rows}${nonceOf(asked)}5000`)
    const body = change(whole, compress[method](whole))
    response.setHeader("Content-Encoding", method)
    void (async () => {
      for (let at = 0; at < body.length; at += length) {
        response.write(body.subarray(at, at + length))
        await new Promise((resolve) => setImmediate(resolve))
      }
      response.end()
    })()
    return response
  }
