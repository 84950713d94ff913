/** Which persons a window holds, and in which state. */
import { FieldType } from "@batch-exports/core"
import { assert, layer } from "@effect/vitest"
import { ClickHouseServer } from "@batch-exports/dev-services"
import { Effect } from "effect"
import { type Mapping, people, type Person } from "./support/peopleTables.ts"
import { client, configured, projection, readAll, window } from "./support/reading.ts"
import { uuid } from "./support/table.ts"

interface Options {
  readonly selection?: object
  readonly window?: string
  readonly fields?: ReadonlyArray<string>
  readonly encoding?: string
}

const hour = (at: number) => {
  const start = Date.UTC(2026, 0, 1, at)
  return `${new Date(start).toISOString()}/${new Date(start + 3_600_000).toISOString()}`
}

/** As seconds after the start of the year. */
const at = (hours: number, minutes = 0) => hours * 3600 + minutes * 60

layer(ClickHouseServer.layer)("persons", (it) => {
  const read = Effect.fnUntraced(function* (
    rows: { readonly persons: ReadonlyArray<Person>; readonly mappings: ReadonlyArray<Mapping> },
    options: Options = {},
  ) {
    const server = yield* ClickHouseServer
    const tables = yield* people(yield* client(server), rows)
    const opened = yield* configured(server, { selection: { name: "persons", ...tables, ...options.selection } }).open
    const { tally, text } = yield* readAll(opened, {
      projection: projection(
        opened.model,
        options.encoding ?? "postgres-copy-text",
        options.fields ?? ["distinct_id", "person_id", "properties", "person_distinct_id_version", "person_version"],
      ),
      window: window(options.window ?? hour(12)),
    })
    const lines = text.split("\n").slice(0, -1).sort()
    assert.strictEqual(tally.rows, lines.length)
    return lines
  }, Effect.scoped)

  const line = (distinctId: string, person: number, properties: string, ...versions: ReadonlyArray<number>) =>
    [distinctId, uuid(person), properties, ...versions].join("\t")

  it.effect("hold every distinct_id of a person that changed, and each that points elsewhere now", () =>
    Effect.gen(function* () {
      const persons = [
        { id: 1, version: 1, properties: '{"old":1}', at: at(1) },
        { id: 1, version: 2, properties: '{"new":1}', at: at(12, 30) },
        { id: 2, version: 5, properties: '{"quiet":1}', at: at(1) },
        { id: 3, version: 1, properties: '{"alone":1}', at: at(1) },
      ]
      const mappings = [
        { distinctId: "a", person: 1, version: 0, at: at(1) },
        { distinctId: "b", person: 1, version: 3, at: at(2) },
        { distinctId: "moved", person: 3, version: 0, at: at(1) },
        { distinctId: "moved", person: 2, version: 1, at: at(12, 59) },
        { distinctId: "quiet", person: 2, version: 0, at: at(1) },
        { distinctId: "stays", person: 3, version: 0, at: at(1) },
      ]
      const wanted = [
        line("a", 1, '{"new":1}', 0, 2),
        line("b", 1, '{"new":1}', 3, 2),
        line("moved", 2, '{"quiet":1}', 1, 5),
      ]
      assert.deepStrictEqual(yield* read({ persons, mappings }), wanted)
      assert.deepStrictEqual(yield* read({ persons, mappings }, { window: hour(20) }), [])
    }),
  )

  it.effect("are the newest by version, in whichever order rows arrived", () =>
    Effect.gen(function* () {
      const persons = [
        { id: 1, version: 9, properties: '{"v":9}', at: at(3) },
        { id: 1, version: 4, properties: '{"v":4}', at: at(12, 10) },
        { id: 2, version: 1, properties: "", at: at(1) },
      ]
      const mappings = [
        { distinctId: "a", person: 2, version: 7, at: at(2) },
        { distinctId: "a", person: 1, version: 6, at: at(12, 5) },
        { distinctId: "b", person: 1, version: 0, at: at(0) },
      ]
      assert.deepStrictEqual(yield* read({ persons, mappings }), [
        line("a", 2, "\\N", 7, 1),
        line("b", 1, '{"v":9}', 0, 9),
      ])
    }),
  )

  it.effect("hold what changed after the window's end too, and what changed within the lookback before it", () =>
    Effect.gen(function* () {
      const persons = [{ id: 1, version: 1, at: at(0) }]
      const mappings = [10, 11, 12, 13].flatMap((hours) => [
        { distinctId: `at ${hours}`, person: 1, version: 0, at: at(hours) },
        { distinctId: `before ${hours}`, person: 1, version: 0, at: at(hours) - 1 },
      ])
      const fields = ["distinct_id"]
      const options = (lookback: string) => ({ fields, selection: { lookback } })
      assert.deepStrictEqual(yield* read({ persons, mappings }, options("1 hour")), [
        "at 11",
        "at 12",
        "at 13",
        "before 12",
        "before 13",
      ])
      assert.deepStrictEqual(yield* read({ persons, mappings }, options("1 second")), [
        "at 12",
        "at 13",
        "before 12",
        "before 13",
      ])
    }),
  )

  it.effect("leave a mapping whose person is not there to the window in which it comes", () =>
    Effect.gen(function* () {
      const mappings = [{ distinctId: "early", person: 1, version: 0, at: at(12) }]
      assert.deepStrictEqual(yield* read({ persons: [], mappings }), [])
      const persons = [{ id: 1, version: 0, at: at(20) }]
      assert.deepStrictEqual(yield* read({ persons, mappings }, { window: hour(20), fields: ["distinct_id"] }), [
        "early",
      ])
    }),
  )

  it.effect("say which were deleted", () =>
    Effect.gen(function* () {
      const persons = [
        { id: 1, version: 100, isDeleted: true, at: at(12) },
        { id: 2, version: 1, at: at(12) },
      ]
      const mappings = [1, 2].map((id) => ({ distinctId: `${id}`, person: id, version: 0, at: at(12) }))
      assert.deepStrictEqual(
        yield* read({ persons, mappings }, { fields: ["distinct_id", "is_deleted", "created_at"] }),
        ["1\tt\t2025-12-31T10:00:00.123000Z", "2\tf\t2025-12-31T10:00:00.123000Z"],
      )
    }),
  )

  it.effect("belong to the chosen teams, each team with its own", () =>
    Effect.gen(function* () {
      const rows = {
        persons: [1, 2, 3].map((team) => ({ id: 7, version: team, team, at: at(12) })),
        mappings: [1, 2, 3].map((team) => ({ distinctId: "a", person: 7, version: 0, team, at: at(12) })),
      }
      const teams = (teamId: unknown) =>
        read(rows, { selection: { teamId }, fields: ["team_id", "distinct_id", "person_version"] })
      assert.deepStrictEqual(yield* teams(2), ["2\ta\t2"])
      assert.deepStrictEqual(yield* teams([3, 1]), ["1\ta\t1", "3\ta\t3"])
      assert.deepStrictEqual(yield* teams("all"), ["1\ta\t1", "2\ta\t2", "3\ta\t3"])
    }),
  )

  it.effect("are the same in one query and in many", () =>
    Effect.gen(function* () {
      const persons = Array.from({ length: 20 }, (_, id) => ({ id, version: 1, properties: `{"n":${id}}`, at: at(id) }))
      const mappings = Array.from({ length: 50 }, (_, index) => ({
        distinctId: `d${index}`,
        person: index % 20,
        version: index,
        at: at(index % 24),
      }))
      // The last window is read by key, the first as a whole.
      for (const [hours, encoding] of [
        [0, "jsonl"],
        [22, "postgres-copy-text"],
      ] as const) {
        const options = { window: hour(hours), encoding }
        const one = yield* read({ persons, mappings }, options)
        assert.isAbove(one.length, 1)
        const many = yield* read({ persons, mappings }, { ...options, selection: { keysPerQuery: 20 } })
        assert.deepStrictEqual(many, one)
      }
    }),
  )
})

layer(ClickHouseServer.layer)("versions of persons", (it) => {
  const failing = Effect.fnUntraced(function* (version: string, as: FieldType.FieldType, distinctId = "a") {
    const server = yield* ClickHouseServer
    const tables = yield* people(yield* client(server), {
      persons: [{ id: 1, version, at: at(12) }],
      mappings: [{ distinctId, person: 1, version: 0, at: at(12) }],
    })
    const opened = yield* configured(server, { selection: { name: "persons", ...tables } }).open
    return yield* Effect.result(
      readAll(opened, {
        projection: projection(opened.model, "postgres-copy-text", {
          distinct_id: { unfit: "fail" },
          person_version: { as, unfit: "fail" },
        }),
        window: window(hour(12)),
      }),
    )
  }, Effect.scoped)

  it.effect("are never wrapped around or cut: past the column, the export stops", () =>
    Effect.gen(function* () {
      const { int32, int64 } = FieldType
      assert.deepInclude(yield* failing("2147483647", int32), { _tag: "Success" })
      assert.deepInclude(yield* failing("9223372036854775807", int64), { _tag: "Success" })
      for (const [version, as] of [
        ["2147483648", int32],
        ["9223372036854775808", int64],
        ["18446744073709551615", int32],
      ] as const) {
        const found = yield* failing(version, as)
        assert.deepNestedInclude(found, { "failure.reason": "ValueUnfit" })
      }
    }),
  )

  it.effect("and neither are keys, unless they may be cleaned", () =>
    Effect.gen(function* () {
      const found = yield* failing("1", FieldType.int32, "a\0b")
      assert.deepNestedInclude(found, { "failure.reason": "ValueUnfit" })
      const server = yield* ClickHouseServer
      const tables = yield* people(yield* client(server), {
        persons: [{ id: 1, version: 1, at: at(12) }],
        mappings: ["a\0b", "ab", "c"].map((distinctId, version) => ({ distinctId, person: 1, version, at: at(12) })),
      })
      const opened = yield* configured(server, { selection: { name: "persons", ...tables } }).open
      const cleaned = (as: FieldType.FieldType) =>
        readAll(opened, {
          projection: projection(opened.model, "postgres-copy-text", {
            distinct_id: { unfit: "fail", invalid: "nearest", as },
            person_distinct_id_version: {},
          }),
          window: window(hour(12)),
        })
      const { tally, text } = yield* cleaned(FieldType.text(200))
      assert.deepStrictEqual(text.split("\n").slice(0, -1).sort(), ["ab\t0", "ab\t1", "c\t2"])
      assert.deepStrictEqual(tally, { rows: 3, adjusted: { distinct_id: 1 } })
      // Cleaning is one thing, cutting another.
      const cut = yield* Effect.flip(cleaned(FieldType.text(1)))
      assert.strictEqual(cut.reason, "ValueUnfit")
    }),
  )
})
