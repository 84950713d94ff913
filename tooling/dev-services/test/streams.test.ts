import { once } from "node:events"
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { ClickHouseServer } from "../src/index.ts"
import { bodyOf, connect, failure, raw, rows, serverError } from "./client.ts"

// Far from the start: the engine works a few blocks ahead, and a failure in those comes before the first block.
const failing = "SELECT number, throwIf(number = 3000000) FROM numbers(100000000) SETTINGS max_threads = 1"
const reason =
  /Code: 395\. DB::Exception: .*throwIf.*\(FUNCTION_THROW_IF_VALUE_IS_NON_ZERO\) \(version [\d.]+ \(official build\)\)\n/

// The real clock: these wait for a server.
layer(ClickHouseServer.layer, { excludeTestServices: true })("streams", (it) => {
  it.effect("tells a failure half-way in the tagged block that the client understands", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const error = yield* failure(
        client.query({ query: failing, format: "JSONEachRow" }).then(async (result) => {
          for await (const _ of result.stream()) continue
        }),
      )
      assert.strictEqual((error as Error & { code: string }).code, "395")
      const response = yield* raw(failing)
      assert.strictEqual(response.status, 200)
      const tag = response.headers.get("x-clickhouse-exception-tag") ?? ""
      assert.match(tag, /^\w{16}$/)
      const { bytes, whole } = yield* bodyOf(response)
      assert.isTrue(whole)
      const text = bytes.toString()
      assert.isTrue(text.startsWith("0\t0\n1\t0\n"))
      const [, message = "", length] =
        new RegExp(`\\r\\n__exception__\\r\\n${tag}\\r\\n(.*\\n)(\\d+) ${tag}\\r\\n__exception__\\r\\n$`).exec(text) ??
        []
      assert.match(message, reason)
      assert.strictEqual(Number(length), message.length)
    }),
  )

  it.effect("tells it as bare text, as older servers do", () =>
    Effect.gen(function* () {
      const response = yield* raw(failing, { dev_exception: "untagged" })
      assert.isNull(response.headers.get("x-clickhouse-exception-tag"))
      const { bytes, whole } = yield* bodyOf(response)
      assert.isTrue(whole)
      assert.match(bytes.toString(), new RegExp(`\\n${reason.source}$`))
      assert.notInclude(bytes.toString(), "__exception__")
    }),
  )

  it.effect("breaks the connection instead, or ends as if all were well", () =>
    Effect.gen(function* () {
      const cut = yield* bodyOf(yield* raw(failing, { dev_exception: "cut" }))
      assert.isFalse(cut.whole)
      assert.notInclude(cut.bytes.toString(), "Code:")
      const header = { headers: { "X-Dev-Settings": "dev_exception=silent" } }
      const silent = yield* bodyOf(yield* raw(failing, {}, header))
      assert.isTrue(silent.whole)
      assert.isAbove(silent.bytes.length, 1000)
      assert.notInclude(silent.bytes.toString(), "Code:")
    }),
  )

  it.effect("fails on demand at any byte, and tells a failure before the first by its status", () =>
    Effect.gen(function* () {
      const query = "SELECT number FROM numbers(1000)"
      const { bytes } = yield* bodyOf(yield* raw(query, { dev_fail_after_bytes: 1234, dev_exception: "untagged" }))
      assert.strictEqual(bytes.indexOf("Code: 395"), 1234)
      const cut = yield* bodyOf(yield* raw(query, { dev_fail_after_bytes: 1234, dev_exception: "cut" }))
      assert.isFalse(cut.whole)
      assert.strictEqual((yield* raw(query, { dev_fail_after_bytes: 0 })).status, 500)
      assert.strictEqual((yield* bodyOf(yield* raw(query, { dev_fail_after_bytes: 9999 }))).bytes.length, 3890)
      assert.strictEqual((yield* raw(query, { dev_exception: "loud" })).status, 400)
      assert.strictEqual((yield* raw(query, { dev_nonsense: 1 })).status, 404)
    }),
  )

  it.effect("stalls on demand until the client goes", () =>
    Effect.gen(function* () {
      const abort = new AbortController()
      const response = yield* raw(
        "SELECT number FROM numbers(100000)",
        { dev_stall_after_bytes: 5000 },
        { signal: abort.signal },
      )
      const reader = response.body!.getReader()
      let size = 0
      while (size < 5000) size += (yield* Effect.promise(() => reader.read())).value?.length ?? 0
      assert.strictEqual(size, 5000)
      const more = reader.read()
      abort.abort()
      assert.strictEqual((yield* failure(more)).name, "AbortError")
    }),
  )

  it.effect("waits for the end when asked to, so that a late failure has its status", () =>
    Effect.gen(function* () {
      const response = yield* raw(failing, { wait_end_of_query: 1 })
      assert.strictEqual(response.status, 500)
      assert.strictEqual(response.headers.get("x-clickhouse-exception-code"), "395")
      const good = yield* raw("SELECT number FROM numbers(10)", { wait_end_of_query: 1 })
      assert.deepInclude(JSON.parse(good.headers.get("x-clickhouse-summary") ?? ""), {
        result_rows: "10",
        result_bytes: "20",
      })
    }),
  )

  it.effect("compresses what it sends when asked to, failures included", () =>
    Effect.gen(function* () {
      const client = yield* connect({ compression: { response: true } })
      assert.strictEqual((yield* rows(client, "SELECT number FROM numbers(200000)")).length, 200_000)
      for (const encoding of ["gzip", "deflate", "br", "zstd"]) {
        const settings = { enable_http_compression: 1 }
        const init = { headers: { "accept-encoding": encoding } }
        const response = yield* raw("SELECT number FROM numbers(200000)", settings, init)
        assert.strictEqual(response.headers.get("content-encoding"), encoding)
        assert.isTrue((yield* Effect.promise(() => response.text())).endsWith("\n199999\n"))
        const failed = yield* bodyOf(yield* raw(failing, settings, init))
        assert.match(failed.bytes.toString(), reason)
      }
      const plain = yield* raw("SELECT 1", {}, { headers: { "accept-encoding": "gzip" } })
      assert.isNull(plain.headers.get("content-encoding"))
    }),
  )

  it.effect("stops reading from the engine when the client does not read", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const { query_id, stream } = yield* Effect.promise(() =>
        client.exec({ query: "SELECT repeat('x', 1000) FROM numbers(20000000) FORMAT RawBLOB" }),
      )
      yield* Effect.promise(() => once(stream, "readable"))
      const read = `SELECT toUInt32(read_rows) AS n FROM system.processes WHERE query_id = '${query_id}'`
      // A query that reads on is over before it stands still.
      let [before, now] = [-1, 0]
      while (now !== before) {
        yield* Effect.sleep("500 millis")
        before = now
        now = (yield* rows<{ n: number }>(client, read))[0]?.n ?? Infinity
      }
      assert.isBelow(now, 2_000_000)
      stream.destroy()
    }),
  )

  const gone = Effect.fn("gone")(function* (queryId: string) {
    const client = yield* connect()
    for (;;) {
      const found = yield* rows(client, `SELECT 1 FROM system.processes WHERE query_id = '${queryId}'`)
      if (found.length === 0) return
      yield* Effect.sleep("20 millis")
    }
  })

  const started = Effect.fn("started")(function* (queryId: string) {
    const client = yield* connect()
    for (;;) {
      const found = yield* rows(client, `SELECT 1 FROM system.processes WHERE query_id = '${queryId}'`)
      if (found.length > 0) return
      yield* Effect.sleep("20 millis")
    }
  })

  const endless = "SELECT count() FROM numbers(1000000000000) WHERE number % 7 = 3"

  it.effect("cancels a query whose client goes, between blocks and inside one", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const { stream } = yield* Effect.promise(() =>
        client.exec({ query: "SELECT number FROM numbers(1000000000000)", query_id: "between" }),
      )
      yield* Effect.promise(() => once(stream, "readable"))
      yield* started("between")
      stream.destroy()
      yield* gone("between")
      const abort = new AbortController()
      const error = failure(client.query({ query: endless, query_id: "inside", abort_signal: abort.signal }))
      yield* started("inside")
      abort.abort()
      yield* error
      yield* gone("inside")
      assert.deepStrictEqual(yield* rows(client, "SELECT 1 AS a"), [{ a: 1 }])
    }),
  )

  it.effect("kills by the id that the client chose, with parameters too", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const kill = { query: "KILL QUERY WHERE query_id = {id:String} SYNC", query_params: { id: "kill-me" } }
      const call = serverError(client.query({ query: endless, format: "JSONEachRow", query_id: "kill-me" }))
      yield* started("kill-me")
      yield* Effect.promise(() => client.command({ query: "KILL QUERY WHERE query_id = 'another'" }))
      yield* Effect.promise(() => client.command(kill))
      assert.deepStrictEqual(yield* call, { code: "394", type: "QUERY_WAS_CANCELLED" })
      const half = yield* raw("SELECT number FROM numbers(1000000000000)", { query_id: "kill-me" })
      yield* Effect.promise(() => client.command({ query: "KILL QUERY WHERE query_id IN ('kill-me')" }))
      assert.match((yield* bodyOf(half)).bytes.toString(), /__exception__[\s\S]*QUERY_WAS_CANCELLED/)
      yield* gone("kill-me")
    }),
  )

  it.effect("refuses a second query of the same id while the first runs", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const abort = new AbortController()
      const call = failure(client.query({ query: endless, query_id: "twin", abort_signal: abort.signal }))
      yield* started("twin")
      assert.strictEqual((yield* serverError(client.query({ query: "SELECT 1", query_id: "twin" }))).code, "216")
      abort.abort()
      yield* call
      yield* gone("twin")
    }),
  )
})
