/** Which events pass which filters, through the real engine; what is refused; and what injection comes to. */
import { assert, describe, it, layer } from "@effect/vitest"
import { ClickHouseServer } from "@batch-exports/dev-services"
import { Effect, Result } from "effect"
import { conditionProblem } from "../src/filters/filterSettings.ts"
import { ClickHouseSource } from "../src/index.ts"
import { client, configured, projection, readAll } from "./support/reading.ts"
import { table, uuid } from "./support/table.ts"

const rows = [
  { event: "a", properties: '{"b":"Chrome","n":10,"t":true,"o":{"x":1}}', personProperties: '{"plan":"free"}' },
  { event: "b", properties: '{"b":"Safari","n":"9.5"}', personProperties: '{"plan":null}' },
  { event: "c'\\{x:String}", properties: '{"n":null,"q\'\\\\":"1"}' },
  { event: "d", properties: "" },
]

type Selection = Readonly<Record<string, unknown>>
const filter = (property: string, operator: string, value?: unknown, of?: string): Selection => ({
  filters: [{ property, operator, ...(value === undefined ? {} : { value }), ...(of === undefined ? {} : { of }) }],
})

/** Selections, and the letters of the events that pass. */
const cases: ReadonlyArray<readonly [what: string, selection: Selection, passes: string]> = [
  ["everything", {}, "abcd"],
  ["included names", { includeEvents: ["a", "d"] }, "ad"],
  ["excluded names", { excludeEvents: ["a"] }, "bcd"],
  ["a name with quotes and braces", { includeEvents: ["c'\\{x:String}"] }, "c"],
  ["a name that tries to be more", { includeEvents: ["x') OR 1 OR ('", "']) OR 1 --"] }, ""],
  ["exact", filter("b", "exact", "Chrome"), "a"],
  ["exact, of several", filter("b", "exact", ["Chrome", "Safari"]), "ab"],
  ["in", filter("n", "in", [10]), "a"],
  ["exact, of a truth value", filter("t", "exact", true), "a"],
  ["is not", filter("b", "is_not", "Chrome"), "bcd"],
  ["not in", filter("b", "not_in", ["Chrome", "Safari"]), "cd"],
  ["contains", filter("b", "contains", "AFAR"), "b"],
  ["does not contain", filter("b", "not_contains", "afar"), "acd"],
  ["matches", filter("b", "regex", "^C.*e$"), "a"],
  ["does not match", filter("b", "not_regex", "^C"), "bcd"],
  ["greater", filter("n", "gt", 9.5), "a"],
  ["greater or equal", filter("n", "gte", "9.5"), "ab"],
  ["less", filter("n", "lt", 10), "b"],
  ["less or equal", filter("n", "lte", 10), "ab"],
  ["set", filter("n", "is_set"), "ab"],
  ["not set", filter("n", "is_not_set"), "cd"],
  ["of the person", filter("plan", "is_set", undefined, "person"), "a"],
  ["a name of a property that tries to be more", filter("') OR 1 OR ('", "is_set"), ""],
  ["a property with odd characters", filter("q'\\", "exact", "1"), "c"],
  ["a value that tries to be more", filter("b", "contains", "') OR 1 OR ('"), ""],
  ["several, all of which must hold", { ...filter("n", "is_set"), excludeEvents: ["b"] }, "a"],
  ["a column", { filters: [{ column: "event", operator: "in", value: ["a", "b"] }] }, "ab"],
  ["a time", { filters: [{ column: "timestamp", operator: "gte", value: "2026-01-01" }] }, "abcd"],
  ["a number", { filters: [{ column: "team_id", operator: "exact", value: 1 }] }, "abcd"],
  ["a field that comes from a property", { filters: [{ column: "ip", operator: "is_set" }] }, ""],
  ["a member", { filters: [{ column: "properties.o.x", operator: "lt", value: 2 }] }, "a"],
  ["in other words", { ...filter("b", "icontains", "AFAR"), includeEvents: ["b"] }, "b"],
  ["and not so", filter("b", "not_icontains", "afar"), "acd"],
  ["a condition in SQL", { where: "event = 'b' OR if(event = 'd', 1, 0)" }, "bd"],
]

layer(ClickHouseServer.layer)("filters", (it) => {
  it.effect("choose events", () =>
    Effect.gen(function* () {
      const server = yield* ClickHouseServer
      const name = yield* table(yield* client(server), rows)
      const definitions = new Set<string>()
      for (const [what, selection, passes] of cases) {
        const opened = yield* configured(server, { selection: { table: name, ...selection } }).open
        const { tally, text } = yield* readAll(opened, { projection: projection(opened.model, "jsonl", ["uuid"]) })
        const found = ["a", "b", "c", "d"].filter((_, index) => text.includes(uuid(index))).join("")
        assert.strictEqual(found, passes, what)
        assert.strictEqual(tally.rows, passes.length, what)
        definitions.add(opened.definition)
      }
      assert.strictEqual(definitions.size, cases.length)
    }),
  )

  it.effect("look at the newest copy of an event", () =>
    Effect.gen(function* () {
      const server = yield* ClickHouseServer
      const copy = { uuid: uuid(1), properties: '{"b":"old"}', kafkaTimestamp: "2026-01-01 12:00:00" }
      const newest = { ...copy, properties: '{"b":"new"}', kafkaTimestamp: "2026-01-01 12:00:01" }
      const name = yield* table(yield* client(server), [copy, newest])
      for (const [value, rows] of [
        ["old", 0],
        ["new", 1],
      ] as const) {
        const opened = yield* configured(server, { selection: { table: name, ...filter("b", "exact", value) } }).open
        const { tally } = yield* readAll(opened, { projection: projection(opened.model, "jsonl", ["uuid"]) })
        assert.strictEqual(tally.rows, rows, value)
      }
    }),
  )
})

describe("a filter", () => {
  const refused: ReadonlyArray<readonly [selection: Selection, path: string, says: RegExp]> = [
    [filter("b", "exakt", "x"), "operator", /expected/i],
    [filter("b", "exact"), "value", /needs a value/],
    [filter("b", "is_set", 1), "value", /takes no value/],
    [filter("b", "contains", ["x"]), "value", /one value/],
    [filter("b", "gt", "many"), "value", /numbers/],
    [{ where: "1) OR (1" }, "where", /did not open/],
    [{ filters: [{ column: "evnt", operator: "is_set" }] }, "column", /did you mean "event"/],
    [{ filters: [{ column: "event", property: "b", operator: "is_set" }] }, "column", /not both/],
    [{ filters: [{ operator: "is_set" }] }, "property", /name a property or a column/],
    [{ filters: [{ column: "timestamp", operator: "gt", value: "31.1.2026" }] }, "value", /compares times/],
    [{ filters: [{ column: "properties", operator: "gt", value: 1 }] }, "value", /cannot compare json/],
    [
      { name: "sessions", filters: [{ column: "chanel_type", operator: "is_set" }] },
      "column",
      /did you mean "channel_type"/,
    ],
    [{ name: "persons", filters: [{ property: "a", of: "event", operator: "is_set" }] }, "of", /unknown key/],
  ]
  for (const [selection, path, says] of refused) {
    it(`is refused: ${JSON.stringify(selection)}`, () => {
      const found = ClickHouseSource.configure(
        { value: { url: "http://localhost:8123" } },
        { value: { name: "events", teamId: 1, ...selection } },
      )
      if (Result.isSuccess(found)) throw new Error("not refused")
      assert.strictEqual(found.failure.problems[0]?.path.at(-1), path)
      assert.match(found.failure.message, says)
    })
  }

  const conditions: ReadonlyArray<readonly [string, boolean]> = [
    ["event = 'a)' AND has([1, 2], 1)", true],
    ["event = 'it''s' OR event = 'it\\'s ('", true],
    ["`odd ) name` = 1", true],
    ["1) OR (1", false],
    ["(1", false],
    ["event = 'a", false],
    ["1 -- all", false],
    ["1 /* all", false],
    ["1; DROP TABLE events", false],
    ["event = $$a)$$", false],
    ["event = ‘)’", false],
  ]
  for (const [text, sound] of conditions) {
    it(`${sound ? "takes" : "refuses"} the condition ${text}`, () => {
      assert.strictEqual(conditionProblem(text) === undefined, sound)
    })
  }
})
