/** Answers that go wrong: nothing that is not proven whole may pass for whole. */
import { readdirSync, readFileSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import type { Source, SourceError } from "@batch-exports/core"
import { assert, layer } from "@effect/vitest"
import { clickHouse, ClickHouseServer } from "@batch-exports/dev-services"
import { Effect } from "effect"
import { events } from "../src/models/events.ts"
import { client, collect, configured, created, day, plain, projection, readAll, run } from "./support/reading.ts"
import { type Asked, nonceOf, type Reachable, replaying, troubled } from "./support/servers.ts"
import { bulk, table } from "./support/table.ts"

/** The engines that this process has started. */
const engines = (): ReadonlyArray<number> =>
  readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid))
    .filter((pid) => {
      try {
        const isOurs = new RegExp(`^PPid:\\s+${process.pid}$`, "m").test(readFileSync(`/proc/${pid}/status`, "utf8"))
        return isOurs && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("engine/main")
      } catch {
        // It has ended meanwhile.
        return false
      }
    })
    .map(Number)

const { model, tables } = events({ name: "events", teamId: 1 })
const columns = tables[0]?.columns ?? []

const readEvents = (opened: Source.Opened, encoding = "postgres-copy-text") =>
  readAll(opened, { projection: projection(opened.model, encoding, created(opened.model)) })

const failure = <A>(effect: Effect.Effect<A, SourceError>): Effect.Effect<SourceError> =>
  Effect.matchEffect(effect, {
    onFailure: Effect.succeed,
    onSuccess: () => Effect.die(new Error("it was taken for whole")),
  })

const openAndRead = Effect.fnUntraced(function* (
  server: Reachable,
  options: Parameters<typeof configured>[1] = {},
  encoding?: string,
) {
  return yield* readEvents(yield* configured(server, options).open, encoding)
}, Effect.scoped)

/** Answers what `open` asks as an engine would. */
const described = (asked: Asked): string | undefined =>
  asked.query.startsWith("DESCRIBE")
    ? columns.map((name) => `${JSON.stringify({ name })}\n`).join("")
    : asked.params.has("format_template_row_format")
      ? undefined
      : "{}\n"

layer(ClickHouseServer.layer)("an answer", (it) => {
  const size = { rows: 3000, bytes: 500 }

  const styles = [
    ["dev_exception=tagged", "QueryInvalid", "395"],
    ["dev_exception=tagged&dev_tail=1", "QueryInvalid", "395"],
    ["dev_exception=untagged", "QueryInvalid", "395"],
    ["dev_exception=untagged&dev_tail=1", "QueryInvalid", "395"],
    ["dev_exception=cut", "ConnectionLost", "ECONNRESET"],
    ["dev_exception=silent", "SourceIncomplete", undefined],
  ] as const

  it.effect("that the engine breaks off, in each way that there is", () =>
    Effect.gen(function* () {
      const server = yield* ClickHouseServer
      for (const [settings, reason, code] of styles) {
        for (const bytes of [1, 100_003]) {
          const proxy = yield* troubled(server, `${settings}&dev_fail_after_bytes=${bytes}`)
          const error = yield* failure(openAndRead(proxy, { selection: plain(size) }))
          assert.strictEqual(error.reason, reason, `${settings} after ${bytes}: ${error.message}`)
          assert.strictEqual(error.code, code, settings)
          assert.include(error.message, proxy.url)
        }
      }
      const error = yield* failure(
        openAndRead(yield* troubled(server, "dev_fail_after_bytes=0"), { selection: plain(size) }),
      )
      assert.strictEqual(error.code, "395", "before the first byte")
    }),
  )

  it.effect("that is a Parquet file breaks off in each of these ways, too", () =>
    Effect.gen(function* () {
      const server = yield* ClickHouseServer
      const name = yield* bulk(yield* client(server), { ...size, random: true })
      const selection = { table: name }
      const { bytes, tally } = yield* openAndRead(server, { selection }, "parquet")
      assert.strictEqual(tally.rows, size.rows)
      for (const [settings, reason, code] of styles.filter(([style]) => !style.includes("dev_tail"))) {
        for (const at of [1, 100_003, bytes.length - 1]) {
          const proxy = yield* troubled(server, `${settings}&dev_fail_after_bytes=${at}`)
          const error = yield* failure(openAndRead(proxy, { selection }, "parquet"))
          assert.strictEqual(error.reason, reason, `${settings} after ${at}: ${error.message}`)
          assert.strictEqual(error.code, code, settings)
        }
      }
    }),
  )

  it.effect("that stalls", () =>
    Effect.gen(function* () {
      const server = yield* ClickHouseServer
      for (const bytes of [1, 100_003]) {
        const proxy = yield* troubled(server, `dev_stall_after_bytes=${bytes}`)
        const error = yield* failure(
          openAndRead(proxy, { selection: plain(size), config: { requestTimeout: "1 second" } }),
        )
        assert.strictEqual(error.reason, "Stalled", error.message)
      }
    }),
  )

  it.effect("that fails before it begins has the engine's error", () =>
    Effect.gen(function* () {
      const server = yield* ClickHouseServer
      const name = yield* bulk(yield* client(server), size)
      const error = yield* failure(
        openAndRead(server, { selection: { table: name }, config: { settings: { max_memory_usage: 100_000 } } }),
      )
      assert.strictEqual(error.reason, "MemoryLimit")
      assert.strictEqual(error.code, "241")
    }),
  )

  it.effect("that is read slowly is not given up", () =>
    Effect.gen(function* () {
      const server = yield* ClickHouseServer
      // More than the buffers of the network hold: the server has to wait for us.
      const name = yield* bulk(yield* client(server), { rows: 2000, bytes: 20_000 })
      const opened = yield* configured(server, {
        selection: { table: name },
        config: { requestTimeout: "4 seconds" },
      }).open
      const reading = yield* opened.read({
        run: run(opened, day),
        window: day,
        projection: projection(model, "postgres-copy-text", created(model)),
      })
      yield* Effect.promise(async () => {
        await sleep(5000)
        for await (const chunk of reading.bytes) assert.isAbove(chunk.length, 0)
      })
      assert.strictEqual((yield* reading.tally).rows, 2000)
    }),
  )

  const bodies: ReadonlyArray<readonly [string, (nonce: string) => string, string]> = [
    ["nothing", () => "", "SourceIncomplete"],
    ["rows without a trailer", () => "a\tb\n", "SourceIncomplete"],
    ["a trailer that lacks its count", (nonce) => `a\tb\n${nonce}`, "SourceIncomplete"],
    ["a trailer of another query", () => `a\tb\n${"0".repeat(32)}1`, "SourceIncomplete"],
    ["more after the trailer", (nonce) => `a\tb\n${nonce}1\n`, "SourceIncomplete"],
    ["a web page", () => "<html><body>502 Bad Gateway</body></html>", "SourceIncomplete"],
    [
      "an exception of an old server",
      (nonce) => `a\tb\n${nonce}1Code: 241. DB::Exception: Memory limit exceeded. (MEMORY_LIMIT_EXCEEDED)\n`,
      "MemoryLimit",
    ],
  ]
  it.effect("of the wrong bytes, ended as if it were right", () =>
    Effect.gen(function* () {
      for (const [what, body, reason] of bodies) {
        const server = yield* replaying((asked, response) => {
          response.end(described(asked) ?? body(nonceOf(asked)))
        })
        const error = yield* failure(openAndRead(server))
        assert.strictEqual(error.reason, reason, what)
      }
    }),
  )

  it.effect("that a server breaks off at any byte, with and without a mark on its exception", () =>
    Effect.gen(function* () {
      const engine = yield* ClickHouseServer
      const name = yield* table(yield* client(engine), [{ event: "é" }, { event: "Code: 1. DB::Exception: quoted" }])
      const message = "Code: 241. DB::Exception: Memory limit (total) exceeded. (MEMORY_LIMIT_EXCEEDED)"
      const tag = "rnywyenkhyqjnfxz"
      const block = `\r\n__exception__\r\n${tag}\r\n${message}\n${message.length + 1} ${tag}\r\n__exception__\r\n`
      let body: (nonce: string) => ReadonlyArray<string | Uint8Array> = () => []
      let marked = false
      const server = yield* replaying((asked, response) => {
        const known = described(asked)
        if (known !== undefined) return response.end(known)
        if (marked) response.setHeader("X-ClickHouse-Exception-Tag", tag)
        for (const piece of body(nonceOf(asked))) response.write(piece)
        return response.end()
      })
      const fields = { team_id: { targetType: "integer" }, event: { targetType: "text" } }
      for (const encoding of ["postgres-copy-binary", "postgres-copy-text", "jsonl"]) {
        const projected = projection(model, encoding, fields)
        const recorded = yield* Effect.scoped(
          Effect.flatMap(configured(engine, { selection: { table: name } }).open, (opened) =>
            readAll(opened, { projection: projected }),
          ),
        )
        const opened = yield* configured(server).open
        const replayed = readAll(opened, { projection: projected })
        for (marked of [true, false]) {
          body = (nonce) => [recorded.bytes, `${nonce}2`]
          assert.deepStrictEqual((yield* replayed).bytes, recorded.bytes, encoding)
          for (let at = 0; at <= recorded.bytes.length; at++) {
            body = () => [recorded.bytes.subarray(0, at), marked ? block : `${message}\n`]
            const error = yield* failure(replayed)
            assert.strictEqual(error.reason, "MemoryLimit", `${encoding}, ${at} bytes: ${error.message}`)
            assert.include(error.message, "Memory limit (total) exceeded")
            assert.notInclude(error.message, "quoted")
          }
        }
        // As the engine may end an answer that it has given up, with its count.
        body = (nonce) => [recorded.bytes, `${message}\n`, `${nonce}2`]
        assert.strictEqual((yield* failure(replayed)).reason, "MemoryLimit", encoding)
      }
    }),
  )

  it.effect("that breaks before anybody reads it", () =>
    Effect.gen(function* () {
      const server = yield* replaying((asked, response) => {
        const known = described(asked)
        if (known !== undefined) return response.end(known)
        response.write("a\tb\n")
        return setTimeout(() => response.destroy(), 20)
      })
      const opened = yield* configured(server).open
      const reading = yield* opened.read({
        run: run(opened, day),
        window: day,
        projection: projection(model, "jsonl", ["event"]),
      })
      yield* Effect.promise(() => sleep(200))
      yield* Effect.promise(() =>
        collect(reading.bytes).then(
          () => assert.fail("taken for whole"),
          () => {},
        ),
      )
      assert.strictEqual(reading.failure()?.reason, "ConnectionLost")
    }),
  )

  it.effect.runIf(process.platform === "linux" && process.env["CLICKHOUSE_URL"] === undefined)(
    "of a server that is killed",
    () =>
      Effect.gen(function* () {
        const before = engines()
        const server = yield* clickHouse()
        const selection = {
          name: "query",
          query: "SELECT number, repeat('x', 1000) AS x FROM numbers(1000000) WHERE {window_start} < {window_end}",
        }
        const opened = yield* configured(server, { selection }).open
        const reading = yield* opened.read({
          run: run(opened, day),
          window: day,
          projection: projection(opened.model, "postgres-copy-text", ["number", "x"]),
        })
        const error = yield* Effect.flip(
          Effect.tryPromise({
            try: async () => {
              for await (const chunk of reading.bytes) {
                if (chunk.length > 0)
                  for (const pid of engines()) if (!before.includes(pid)) process.kill(pid, "SIGKILL")
              }
            },
            catch: () => reading.failure() ?? new Error("no reason is given"),
          }),
        )
        assert.propertyVal(error, "reason", "ConnectionLost")
        assert.strictEqual((yield* Effect.flip(reading.tally)).reason, "ConnectionLost")
        const again = yield* Effect.flip(Effect.scoped(configured(server, { selection }).open))
        assert.deepInclude(again, { reason: "ConnectionFailed", recovery: "retry" })
      }).pipe(Effect.scoped),
  )

  it.effect("whose length the server announced and did not reach", () =>
    Effect.gen(function* () {
      const server = yield* replaying((asked, response) => {
        const known = described(asked)
        if (known !== undefined) return response.end(known)
        const whole = `a\tb\n${nonceOf(asked)}1`
        response.setHeader("Content-Length", whole.length + 1)
        response.write(whole)
        return setTimeout(() => response.destroy(), 20)
      })
      assert.strictEqual((yield* failure(openAndRead(server))).reason, "ConnectionLost")
    }),
  )

  it.effect("that is whole, in pieces of any size", () =>
    Effect.gen(function* () {
      const server = yield* replaying((asked, response) => {
        const known = described(asked)
        if (known !== undefined) return response.end(known)
        void (async () => {
          for (const byte of `a\tb\n${nonceOf(asked)}1`) {
            response.write(byte)
            await sleep(1)
          }
          response.end()
        })()
      })
      const opened = yield* configured(server).open
      const { tally, text } = yield* readEvents(opened)
      assert.strictEqual(text, "a\tb\n")
      assert.deepStrictEqual(tally, { rows: 1, adjusted: {} })
    }),
  )

  it.effect("can be read once, and is counted only when it was read", () =>
    Effect.gen(function* () {
      const server = yield* ClickHouseServer
      const name = yield* table(yield* client(server), [{}])
      const opened = yield* configured(server, { selection: { table: name } }).open
      const reading = yield* opened.read({
        run: run(opened, day),
        window: day,
        projection: projection(model, "jsonl", ["event"]),
      })
      assert.strictEqual((yield* Effect.flip(reading.tally)).reason, "Misuse")
      assert.isUndefined(reading.failure())
      const bytes = yield* Effect.promise(() => collect(reading.bytes))
      assert.strictEqual(bytes.toString(), '{"event":"event"}\n')
      assert.deepStrictEqual(yield* reading.tally, { rows: 1, adjusted: {} })
      yield* Effect.promise(() =>
        collect(reading.bytes).then(
          () => assert.fail("read twice"),
          () => {},
        ),
      )
      assert.strictEqual(reading.failure()?.reason, "Misuse")
    }),
  )
})
