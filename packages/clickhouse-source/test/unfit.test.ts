/** Values that may not be changed, and columns that cannot be written at all. */
import { FieldType, type Projection } from "@batch-exports/core"
import { assert, layer } from "@effect/vitest"
import { ClickHouseServer } from "@batch-exports/dev-services"
import { Effect } from "effect"
import { client, configured, projection, readAll } from "./support/reading.ts"
import { type Row, table } from "./support/table.ts"

layer(ClickHouseServer.layer)("unfit", (it) => {
  const read = Effect.fnUntraced(function* (
    rows: ReadonlyArray<Row>,
    columns: Readonly<Record<string, Partial<Projection.Column>>>,
    encoding = "jsonl",
  ) {
    const server = yield* ClickHouseServer
    const name = yield* table(yield* client(server), rows)
    const opened = yield* configured(server, { selection: { table: name, teamId: "all" } }).open
    return yield* readAll(opened, { projection: projection(opened.model, encoding, columns) })
  }, Effect.scoped)

  const harmless = { timestamp: "2026-01-01 00:00:00.123" }
  const fail = { unfit: "fail" } as const

  const stopping: ReadonlyArray<readonly [string, Row, string, Partial<Projection.Column>]> = [
    ["a long text", { event: "x".repeat(201) }, "event", fail],
    ["a text with NUL", { distinctId: "a\0" }, "distinct_id", fail],
    ["broken UTF-8", { distinctId: Buffer.from([0x61, 0xff]) }, "distinct_id", fail],
    ["a number past the range", { teamId: "2147483648" }, "team_id", fail],
    ["text that is no address", { properties: '{"$ip":"here"}' }, "ip", { as: FieldType.inet, ...fail }],
    ["a document that is not JSON", { properties: "{" }, "properties", fail],
    [
      "digits of a second",
      { timestamp: "2026-01-01 00:00:00.1234" },
      "timestamp",
      { as: FieldType.timestamp(3), ...fail },
    ],
  ]
  for (const [what, row, field, column] of stopping) {
    it.effect(`stops at ${what}, naming the field`, () =>
      Effect.gen(function* () {
        for (const encoding of ["jsonl", "postgres-copy-text"]) {
          const rows = [harmless, row, harmless]
          const error = yield* Effect.flip(read(rows, { uuid: fail, [field]: column }, encoding))
          assert.strictEqual(error.reason, "ValueUnfit", error.message)
          assert.include(error.message, `"${field}"`)
          const { tally } = yield* read(rows, { uuid: fail, [field]: { ...column, unfit: "nearest" } }, encoding)
          assert.deepStrictEqual(tally, { rows: 3, adjusted: { [field]: 1 } })
          assert.strictEqual((yield* read([harmless, harmless], { [field]: column }, encoding)).tally.rows, 2)
        }
      }),
    )
  }

  it.effect("tells text that is not valid from text that is too long, where each has a policy of its own", () =>
    Effect.gen(function* () {
      const long = { event: "x".repeat(201) }
      const broken = { event: "a\0" }
      const outcome = (row: Row, column: Partial<Projection.Column>) =>
        Effect.match(read([row], { event: column }), {
          onSuccess: ({ tally }) => tally.adjusted["event"],
          onFailure: ({ reason }) => reason,
        })
      const strict = { unfit: "fail", invalid: "nearest" } as const
      const pure = { unfit: "nearest", invalid: "fail" } as const
      assert.strictEqual(yield* outcome(long, strict), "ValueUnfit")
      assert.strictEqual(yield* outcome(broken, strict), 1)
      assert.strictEqual(yield* outcome(long, pure), 1)
      assert.strictEqual(yield* outcome(broken, pure), "ValueUnfit")
      assert.strictEqual(yield* outcome({ event: "fine" }, pure), undefined)
    }),
  )

  it.effect("sees no harm in what fits exactly", () =>
    Effect.gen(function* () {
      const row = { event: "😀".repeat(200), teamId: "2147483647", properties: '{"$ip":"::1","n":1e999}' }
      const { tally } = yield* read([row], {
        event: fail,
        team_id: fail,
        properties: fail,
        ip: { as: FieldType.inet, ...fail },
        session_id: { as: FieldType.uuid, ...fail },
      })
      assert.deepStrictEqual(tally, { rows: 1, adjusted: {} })
    }),
  )

  it.effect("refuses what it cannot write before it reads", () =>
    Effect.gen(function* () {
      const text = yield* Effect.flip(read([], { event: { as: FieldType.int32, targetType: "integer" } }))
      assert.strictEqual(text.reason, "Unsupported")
      assert.include(text.message, '"event" (text(200)) as int32 (integer)')
      const encoding = yield* Effect.flip(read([], { event: {} }, "morse"))
      assert.strictEqual(encoding.reason, "Unsupported")
      assert.include(encoding.message, '"morse"')
    }),
  )

  it.effect("follows the target's own limits", () =>
    Effect.gen(function* () {
      const row = { event: "abcdef", teamId: "5000000000", properties: '{"$ip":"10.0.0.1","a":1}' }
      const { tally, text } = yield* read([row], {
        event: { as: FieldType.text(3) },
        team_id: { as: FieldType.int64 },
        properties: { as: FieldType.text() },
        uuid: { as: FieldType.uuid },
        ip: { as: FieldType.inet },
      })
      assert.strictEqual(
        text,
        '{"event":"abc","team_id":"5000000000","properties":"{\\"$ip\\":\\"10.0.0.1\\",\\"a\\":1}","uuid":"00000000-0000-4000-8000-000000000000","ip":"10.0.0.1"}\n',
      )
      assert.deepStrictEqual(tally.adjusted, { event: 1 })
    }),
  )
})
