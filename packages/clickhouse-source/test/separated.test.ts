/** Servers without inline templates: the same bytes and the same counts, told by marks instead of by the trailer. */
import type { Source } from "@batch-exports/core"
import { ClickHouseServer } from "@batch-exports/dev-services"
import { assert, layer } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { Marks } from "../src/read/Marks.ts"
import { client, configured, day, projection, readAll, window } from "./support/reading.ts"
import { troubled, withoutTemplates } from "./support/servers.ts"
import { bulk, table, uuid } from "./support/table.ts"

layer(ClickHouseServer.layer)("a server without inline templates", (it) => {
  const fields = ["uuid", "event", "properties", "set", "distinct_id", "team_id", "ip", "timestamp", "inserted_at"]
  const targets: Readonly<Record<string, string>> = {
    properties: "jsonb",
    set: "jsonb",
    team_id: "integer",
    timestamp: "timestamp with time zone",
    inserted_at: "timestamp with time zone",
  }
  const read = (opened: Source.Opened, encoding: string, at = day) =>
    readAll(opened, {
      projection: projection(
        opened.model,
        encoding,
        Object.fromEntries(fields.map((name) => [name, { targetType: targets[name] ?? "text" }])),
      ),
      window: at,
    })

  it.effect("gives the same bytes and the same counts", () =>
    Effect.gen(function* () {
      const server = yield* ClickHouseServer
      const name = yield* table(yield* client(server), [
        { uuid: uuid(1), event: "plain", properties: '{"a":1,"$set":{"b":2},"$ip":"1.2.3.4"}' },
        { uuid: uuid(2), event: "tab\tand line\nand \\", properties: '{"$ip":"a\\tb"}', distinctId: "" },
        { uuid: uuid(3), event: Buffer.from([0x61, 0xff, 0x00]), properties: "no document" },
        { uuid: uuid(4), event: "x".repeat(300), properties: "", insertedAt: null },
        { uuid: uuid(5), event: uuid(5), properties: '{"e":1e20000,"u":"\\u0000"}' },
      ])
      const options = { selection: { table: name } }
      const old = yield* withoutTemplates(server)
      const [now, then] = [yield* configured(server, options).open, yield* configured(old, options).open]
      for (const encoding of ["postgres-copy-text", "postgres-copy-binary"]) {
        const wanted = yield* read(now, encoding)
        const given = yield* read(then, encoding)
        assert.strictEqual(given.bytes.toString("latin1"), wanted.bytes.toString("latin1"), encoding)
        assert.deepStrictEqual(given.tally, wanted.tally)
        assert.strictEqual(given.tally.rows, 5)
        assert.isAbove(given.tally.adjusted["event"] ?? 0, 0)
        const empty = yield* read(then, encoding, window("2027-01-01T00:00:00Z/2027-01-02T00:00:00Z"))
        assert.deepStrictEqual([empty.bytes.length, empty.tally.rows], [0, 0])
      }
      assert.strictEqual(old.refused(), 1, "asked once for each connection")

      const refused = yield* Effect.flip(read(then, "jsonl"))
      assert.strictEqual(refused.reason, "Unsupported")
      assert.include(refused.message, "ClickHouse 24.8")
      const last = (yield* Stream.runCollect(configured(old, options).check)).at(-1)
      assert.deepInclude(last, { id: "template", status: "skipped" })
    }).pipe(Effect.scoped),
  )

  it.effect("that fails in the middle is not taken for one that is done", () =>
    Effect.gen(function* () {
      const server = yield* ClickHouseServer
      const name = yield* bulk(yield* client(server), { rows: 3000, bytes: 500 })
      for (const [settings, reason] of [
        ["dev_exception=tagged", "QueryInvalid"],
        ["dev_exception=untagged", "QueryInvalid"],
        ["dev_exception=cut", "ConnectionLost"],
        ["dev_exception=silent", "SourceIncomplete"],
      ] as const) {
        const old = yield* withoutTemplates(server, `${settings}&dev_fail_after_bytes=100003`)
        const opened = yield* configured(old, { selection: { table: name } }).open
        const error = yield* Effect.flip(read(opened, "postgres-copy-text"))
        assert.strictEqual(error.reason, reason, `${settings}: ${error.message}`)
      }
      const whole = yield* configured(yield* withoutTemplates(server), { selection: { table: name } }).open
      assert.strictEqual((yield* read(whole, "postgres-copy-binary")).tally.rows, 3000)
      // A server that has them and fails for another reason is not asked in another way.
      const failing = yield* troubled(server, "dev_fail_after_bytes=0")
      const opened = yield* configured(failing, { selection: { table: name } }).open
      assert.strictEqual((yield* Effect.flip(read(opened, "postgres-copy-text"))).code, "395")
      assert.strictEqual(failing.travelled.length, 1)
    }).pipe(Effect.scoped),
  )

  it("counts marks, wherever the answer is cut", () => {
    const answer = Buffer.from("a\tN10\nb\tN00\n\tN01\n")
    for (let cut = 0; cut <= answer.length; cut++) {
      const marks = new Marks({ nonce: "\tN", fields: ["x", "y"], ofEvery: true })
      const out = [answer.subarray(0, cut), answer.subarray(cut)].flatMap((piece) => marks.push(piece))
      assert.strictEqual(Buffer.concat([...out, marks.end()]).toString(), "a\nb\n\n")
      assert.strictEqual(marks.rows, 3)
      assert.deepStrictEqual(marks.counts(), { x: 1, y: 1 })
    }
  })
})
