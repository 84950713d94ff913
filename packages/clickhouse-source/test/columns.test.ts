/** Columns of every model: which, in what order, under which names; and members of documents against a slow oracle. */
import { Source } from "@batch-exports/core"
import { assert, describe, it, layer } from "@effect/vitest"
import { ClickHouseServer } from "@batch-exports/dev-services"
import { random, shuffled } from "@batch-exports/fixtures"
import { Effect, Result } from "effect"
import { memberType, path } from "../src/columns/columnSettings.ts"
import { ClickHouseSource } from "../src/index.ts"
import { member, memberDocument } from "./support/members.ts"
import { client, configured, created, projection, readAll } from "./support/reading.ts"
import { seeds } from "./support/seeds.ts"
import { table } from "./support/table.ts"

const paths: ReadonlyArray<readonly [path: string, keys: readonly [string, ...Array<string>]]> = [
  ["properties.plan", ["plan"]],
  ["properties.Plan2", ["Plan2"]],
  ['properties."a.b"', ["a.b"]],
  ['properties."q\\"u\'o\\\\te"', ["q\"u'o\\te"]],
  ['properties."é 漢"', ["é 漢"]],
  ['properties."{a:String}"', ["{a:String}"]],
  ['properties."\') OR 1 --"', ["') OR 1 --"]],
  ['properties.""', [""]],
  ["properties.plan.plan", ["plan", "plan"]],
  ["properties.plan.Plan2", ["plan", "Plan2"]],
  ['properties.plan."a.b".plan', ["plan", "a.b", "plan"]],
  ['properties."é 漢".plan', ["é 漢", "plan"]],
  ['properties.plan."é 漢"', ["plan", "é 漢"]],
  ["properties.$set.plan", ["$set", "plan"]],
  ["set.plan", ["$set", "plan"]],
]
const types = ["text", "json", "bool", "int", "float", "decimal(10, 2)"]

const configure = (selection: object) =>
  ClickHouseSource.configure({ value: { url: "http://localhost:8123" } }, { value: { teamId: 1, ...selection } })

layer(ClickHouseServer.layer)("members of documents", (it) => {
  for (const seed of seeds) {
    it.effect(`are what an oracle reads (seed ${seed})`, () =>
      Effect.gen(function* () {
        const server = yield* ClickHouseServer
        const dice = random(seed)
        const keys = [...new Set(paths.flatMap(([, found]) => found))]
        const documents = Array.from({ length: 250 }, () => memberDocument(dice, keys))
        const name = yield* table(
          yield* client(server),
          documents.map((properties) => ({ properties })),
        )
        // A few types of each path at a time, and plain members beside them: they share what is read.
        const wanted = paths.flatMap(([from, found]) =>
          shuffled(dice, types)
            .slice(0, 3)
            .map((type) => ({ from, found, type })),
        )
        const round = shuffled(dice, wanted).slice(0, 16)
        const columns = round.map(({ from, type }, index) => ({ name: `c${index}`, from, type }))
        const { open } = configured(server, { selection: { table: name, columns: ["uuid", ...columns] } })
        const opened = yield* open
        const { tally, text } = yield* readAll(opened, {
          projection: projection(opened.model, "jsonl", created(opened.model)),
        })
        const rows = text.split("\n").slice(0, -1)
        assert.strictEqual(rows.length, documents.length)
        const adjusted: Record<string, number> = {}
        for (const row of rows) {
          const index = Number.parseInt((JSON.parse(row) as { uuid: string }).uuid.slice(24), 16)
          const document = documents[index] ?? ""
          const expected = round.map(({ found, type }, at) => {
            const value = member(document, found, type)
            if (value.adjusted) adjusted[`c${at}`] = (adjusted[`c${at}`] ?? 0) + 1
            return value.json
          })
          for (const [at, { found, type }] of round.entries()) {
            const next = at + 1 < round.length ? `,"c${at + 1}":` : "}"
            const from = row.indexOf(`"c${at}":`) + `"c${at}":`.length
            assert.isTrue(
              row.startsWith(`${expected[at]}${next}`, from),
              `seed ${seed}: ${found.join(" > ")} as ${type} of ${document}\nexpected ${expected[at]}\nfound ${row.slice(from, from + 200)}`,
            )
          }
        }
        assert.deepStrictEqual(tally.adjusted, adjusted, `seed ${seed}`)
      }),
    )
  }

  it.effect("stand beside chosen and renamed fields", () =>
    Effect.gen(function* () {
      const server = yield* ClickHouseServer
      const name = yield* table(yield* client(server), [{ properties: '{"$ip":"::1","plan":"pro"}', event: "e" }])
      const lines = Effect.fnUntraced(function* (selection: object) {
        const opened: Source.Opened = yield* configured(server, { selection: { table: name, ...selection } }).open
        const { text } = yield* readAll(opened, {
          projection: projection(opened.model, "jsonl", created(opened.model)),
        })
        return { text, opened }
      })
      const chosen = yield* lines({
        columns: [
          "event",
          "ip",
          { name: 'the "plan"', from: "properties.plan" },
          { name: "$ip", from: "properties.$ip", type: "json" },
        ],
        rename: { event: "name" },
      })
      assert.strictEqual(chosen.text, '{"name":"e","ip":"::1","the \\"plan\\"":"pro","$ip":"::1"}\n')
      assert.deepStrictEqual(chosen.opened.model.identity, { _tag: "Append" })
      const rest = yield* lines({
        exclude: ["properties", "elements", "set", "set_once", "timestamp", "uuid", "site_url"],
      })
      assert.strictEqual(rest.text, '{"event":"e","distinct_id":"somebody","team_id":1,"ip":"::1"}\n')
      const star = yield* lines({ columns: ["*", "person_id"], exclude: ["properties"] })
      assert.strictEqual(
        star.opened.model.schema.fields.map((field) => field.name).join(" "),
        "uuid event elements set set_once distinct_id team_id ip site_url timestamp person_id",
      )
      assert.strictEqual(new Set([chosen, rest, star].map(({ opened }) => opened.definition)).size, 3)
    }),
  )
})

describe("columns", () => {
  const refused: ReadonlyArray<readonly [selection: object, path: ReadonlyArray<string | number>, says: RegExp]> = [
    [{ name: "events", columns: ["evnt"] }, ["columns", 0], /no column "evnt"; did you mean "event"/],
    [
      { name: "events", columns: ["*", { name: "a", from: "propertis.a" }] },
      ["columns", 1, "from"],
      /did you mean "properties"/,
    ],
    [{ name: "events", columns: [{ name: "a", from: "event.a" }] }, ["columns", 0, "from"], /holds no JSON/],
    [
      { name: "events", columns: [{ name: "a", from: "properties..a" }] },
      ["columns", 0, "from"],
      /points between them/,
    ],
    [
      { name: "events", columns: [{ name: "a", from: "properties.a", type: "strng" }] },
      ["columns", 0, "type"],
      /must be one of/,
    ],
    [
      { name: "events", columns: [{ name: "a", from: "event", type: "text" }] },
      ["columns", 0, "type"],
      /a type of its own/,
    ],
    [{ name: "events", columns: [{ nam: "a", from: "event" }] }, ["columns", 0, "nam"], /did you mean "name"/],
    [{ name: "events", exclude: ["uid"] }, ["exclude", 0], /did you mean "uuid"/],
    [{ name: "events", rename: { uid: "id" } }, ["rename", "uid"], /did you mean "uuid"/],
    [{ name: "events", rename: { event: "uuid" } }, ["columns"], /two columns are called "uuid"/],
    [
      { name: "persons", columns: ["team_id", "distinct_id"] },
      ["columns"],
      /"person_distinct_id_version" tells records apart/,
    ],
    [{ name: "persons", exclude: ["person_id"] }, ["columns"], /"person_id" tells records apart/],
    [{ name: "sessions", columns: [{ name: "a", from: "urls.a" }] }, ["columns", 0, "from"], /holds no JSON/],
  ]
  for (const [selection, path, says] of refused) {
    it(`are refused: ${JSON.stringify(selection)}`, () => {
      const found = configure(selection)
      if (Result.isSuccess(found)) throw new Error("not refused")
      assert.deepStrictEqual(found.failure.problems[0]?.path, path)
      assert.match(found.failure.message, says)
    })
  }

  const written: ReadonlyArray<readonly [text: string, keys: ReadonlyArray<string> | undefined]> = [
    ["a", ["a"]],
    ["a.$b-c.0", ["a", "$b-c", "0"]],
    ['a."b.c"."d\\"\\u0065"', ["a", "b.c", 'd"e']],
    ["a.", undefined],
    [".a", undefined],
    ['a."b', undefined],
    ['a.b"c"', undefined],
    ['a."\\ud800"', undefined],
    ['a."\\u0000"', undefined],
    ["a b", undefined],
  ]
  for (const [text, keys] of written) {
    it(`read the path ${text}`, () => assert.deepStrictEqual(Result.getOrUndefined(path(text)), keys as never))
  }

  it("know their types", () => {
    assert.deepStrictEqual(memberType("decimal(12,2)"), { _tag: "Decimal", precision: 12, scale: 2 })
    assert.deepStrictEqual(memberType("decimal(76)"), { _tag: "Decimal", precision: 76, scale: 0 })
    for (const wrong of ["decimal(77)", "decimal(2, 3)", "decimal", "string", "toString"]) {
      assert.isUndefined(memberType(wrong))
    }
  })
})
