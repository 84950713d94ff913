/** docs/values.md, rule by rule, through the real engine: what is written for what is in the table, by hand. */
import { assert, layer } from "@effect/vitest"
import { ClickHouseServer } from "@batch-exports/dev-services"
import { Effect } from "effect"
import { client, configured, projection, readAll } from "./support/reading.ts"
import { type Row, table } from "./support/table.ts"

const bytes = (hex: string) => Buffer.from(hex.replaceAll(" ", ""), "hex")
const deep = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`

const fraction = (digits: number) => `[0.${"3".repeat(digits)}]`

type Case = readonly [what: string, given: string | Uint8Array, stored: string | null, defensively?: string | null]

/** Documents, and the JSON text as which they are stored; `as` in a string means docs/values.md rule 6. */
const documents: ReadonlyArray<Case> = [
  ["plain", '{"a":1}', '{"a":1}'],
  ["with space and every digit", '{ "a" : 1.50, "b":[1e2 , -0.0] }', '{ "a" : 1.50, "b":[1e2 , -0.0] }'],
  ["empty", "", null],
  ["not an object", "[1,2]", "[1,2]"],
  ["a string", '"a"', '"a"'],
  ["a number", "12", "12"],
  ["the text null", "null", "null"],
  ["only NUL", "\0", null],
  ["only an escaped NUL", "\\u0000", null],
  ["only space", " ", '" "'],
  ["NUL inside", '{"a":"b\0\x31"}', '{"a":"b1"}'],
  ["escaped NUL in a value and a key", '{"a\\u0000":"\\u0000b"}', '{"a":"b"}'],
  ["a backslash and u0000", '{"a":"\\\\u0000"}', '{"a":"\\\\u0000"}'],
  ["a backslash and an escaped NUL", '{"a":"\\\\\\u0000"}', '{"a":"\\\\"}'],
  ["a whole surrogate pair", '{"a":"\\ud83d\\ude00"}', '{"a":"\\ud83d\\ude00"}'],
  ["the first half of a pair", '{"a":"\\ud83d"}', '{"a":""}'],
  ["the second half of a pair", '{"\\uDE00":1}', '{"":1}'],
  ["a pair the wrong way round", '{"a":"\\ude00\\ud83d"}', '{"a":""}'],
  ["a half and a pair", '{"a":"\\ud83d\\ud83d\\ude00"}', '{"a":"\\ud83d\\ude00"}'],
  ["a backslash and ud83d", '{"a":"\\\\ud83d"}', '{"a":"\\\\ud83d"}'],
  ["an escape that others leave behind", '{"a":"\\u00\\u000000"}', '"{\\"a\\":\\"\\\\u00\\\\u000000\\"}"'],
  ["broken UTF-8", bytes("7b2261223a22 ff 22 7d"), '{"a":"\ufffd"}'],
  ["a run of broken UTF-8", bytes("7b2261223a22 c0 80 ff fe 62 22 7d"), '{"a":"\ufffdb"}'],
  ["a character cut short before letters", bytes("7b2261223a22 f0 62 63 22 7d"), '{"a":"\ufffdbc"}'],
  ["a character cut short before the end", bytes("7b2261223a22 f0 9f 98 22 7d"), '{"a":"\ufffd"}'],
  ["a surrogate in UTF-8", bytes("7b2261223a22 ed a0 80 22 7d"), '{"a":"\ufffd"}'],
  ["NUL between broken bytes", bytes("7b2261223a22 ff 00 ff 22 7d"), '{"a":"\ufffd\ufffd"}'],
  ["a byte order mark", "\ufeff{}", "{}"],
  ["two byte order marks", "\ufeff\ufeff{}", '"\ufeff{}"'],
  ["NUL before a byte order mark", "\0\ufeff{}", "{}"],
  ["not JSON", "{bad", '"{bad"'],
  ["not JSON, with quotes and breaks", 'a"b\\c\n\t\u0001d/e', '"a\\"b\\\\c\\n\\t\\u0001d/e"'],
  ["a raw control character in a string", '{"a":"\u0001"}', '"{\\"a\\":\\"\\u0001\\"}"'],
  ["NaN", '{"a":NaN}', '"{\\"a\\":NaN}"'],
  ["a comma too many", '{"a":[1,{"b":2,}]}', '"{\\"a\\":[1,{\\"b\\":2,}]}"'],
  ["brackets of two kinds", "[1}", '"[1}"'],
  ["two documents", "{} {}", '"{} {}"'],
  ["a number with a zero before it", "[01]", '"[01]"'],
  ["repeated keys", '{"a":1,"a":2}', '{"a":1,"a":2}'],
  ["an integer of 30 digits", `{"a":${"9".repeat(30)}}`, `{"a":${"9".repeat(30)}}`, `"{\\"a\\":${"9".repeat(30)}}"`],
  ["a long fraction", '{"a":0.12345678901234567890123}', '{"a":0.12345678901234567890123}'],
  ["20,000 digits after the point", fraction(20_000), fraction(20_000), `"${fraction(20_000)}"`],
  ["an exponent of three digits", '{"a":1e999}', '{"a":1e999}', '"{\\"a\\":1e999}"'],
  ["an exponent of four digits", '{"a":1e-1000}', '"{\\"a\\":1e-1000}"'],
  ["an exponent of four digits, of zero", '{"a":0e5000}', '"{\\"a\\":0e5000}"'],
  ["an exponent of four digits, with zeros", '{"a":[1,1E+0005]}', '"{\\"a\\":[1,1E+0005]}"'],
  ["an exponent inside a string", '{"a":" ,1e-5000"}', '{"a":" ,1e-5000"}'],
  ["1,024 levels", deep(1024), deep(1024)],
  ["1,025 levels", deep(1025), deep(1025), `"${deep(1025)}"`],
  ["5,000 levels", deep(5000), deep(5000), `"${deep(5000)}"`],
  ["5,001 levels", deep(5001), `"${deep(5001)}"`],
  ["5,000 levels that are not closed", deep(5000).slice(1), `"${deep(5000).slice(1)}"`],
]

const texts: ReadonlyArray<Case> = [
  ["plain", "signup", "signup"],
  ["empty", "", ""],
  ["what needs escapes", "a\tb\nc\rd\be\ff\vg\\h'i\"j\\N", "a\tb\nc\rd\be\ff\vg\\h'i\"j\\N"],
  ["only \\N", "\\N", "\\N"],
  ["only \\.", "\\.", "\\."],
  ["NUL before digits", "a\x0012b", "a12b"],
  ["only NUL", "\0", ""],
  ["broken UTF-8", bytes("61 ff fe 62"), "a\ufffdb"],
  ["a character cut short before a letter", bytes("e2 82 62"), "\ufffdb"],
  ["200 characters of four bytes", "😀".repeat(200), "😀".repeat(200)],
  ["201 characters of four bytes", "😀".repeat(201), "😀".repeat(200)],
  ["201 after a NUL is gone", `\0${"x".repeat(200)}`, "x".repeat(200)],
]

/** Properties, and what becomes of `$set`, `$set_once` and `$ip`. */
const members: ReadonlyArray<readonly [string, string, string | null, string | null, string | null]> = [
  ["nothing", "{}", null, null, null],
  ["all three", '{"$set":{"a":1},"$set_once":{"b":2},"$ip":"::1"}', '{"a":1}', '{"b":2}', "::1"],
  [
    "every digit",
    '{"$set":{"n":0.12345678901234567890,"m":1.50,"k":1e2}}',
    '{"n":0.12345678901234567890,"m":1.50,"k":1e2}',
    null,
    null,
  ],
  [
    "an integer past 64 bits",
    '{"$set":{"n":123456789012345678901234567890},"$ip":"i"}',
    '{"n":123456789012345678901234567890}',
    null,
    "i",
  ],
  ["escapes as they are", '{"$set":{"a":"\\u00e9\\/\\ud83d\\ude00"}}', '{"a":"\\u00e9\\/\\ud83d\\ude00"}', null, null],
  ["space around", '{ "$set" : [1, 2 ] , "$set_once": { "a" : 1 }, "$ip" : "i" }', "[1, 2 ]", '{ "a" : 1 }', "i"],
  ["null", '{"$set":null,"$set_once": null,"$ip":null}', null, null, null],
  ["strings", '{"$set":"a","$set_once":"","$ip":""}', '"a"', '""', ""],
  ["strings that look like more", '{"$set":"{}","$set_once":"null","$ip":"null"}', '"{}"', '"null"', "null"],
  ["numbers", '{"$set":1.50,"$set_once":-0,"$ip":5.0}', "1.50", "-0", "5.0"],
  ["booleans and an object", '{"$set":true,"$set_once":false,"$ip":{"a": 1.0}}', "true", "false", '{"a": 1.0}'],
  ["the last of repeated ones", '{"$set":1,"$ip":"a","$set":{"b":2},"$ip":"b"}', '{"b":2}', null, "b"],
  ["null after a value", '{"$set":{"a":1},"$ip":"a","$set":null,"$ip":null}', null, null, null],
  ["names with escapes", '{"\\u0024set":{"a":1},"$se\\u0074_once":2,"$\\u0069p":"i"}', '{"a":1}', "2", "i"],
  ["a name with escapes after one without", '{"$set":1,"\\u0024set":2}', "2", null, null],
  [
    "one deeper down, the other not as ClickHouse writes it",
    '{"a":{"$set":{"x":1}},"$set_once":{"y":"\\u00e9"}}',
    null,
    '{"y":"\\u00e9"}',
    null,
  ],
  ["one null, the other not as ClickHouse writes it", '{"$set":null,"$set_once":{"y":1.50}}', null, '{"y":1.50}', null],
  ["only deeper down", '{"a":{"$set":1,"$ip":"x"},"b":[{"$set_once":1}]}', null, null, null],
  ["deeper down, too", '{"a":{"$set":1,"$ip":"x"},"$set":{"b":2},"$ip":"y"}', '{"b":2}', null, "y"],
  ["inside itself", '{"$set":{"$set":{"a":1}}}', '{"$set":{"a":1}}', null, null],
  ["as a value", '{"a":"$set","b":"\\"$set\\":{","$set":{"c":3}}', '{"c":3}', null, null],
  [
    "with brackets in strings",
    '{"$set":{"a":"}{][\\"","b":[{"c":"]"}]},"d":1}',
    '{"a":"}{][\\"","b":[{"c":"]"}]}',
    null,
    null,
  ],
  [
    "with brackets in strings, not as ClickHouse writes it",
    '{"$set":{"a":"\\u00e9}{","b":1},"$set_once": {"c": "}", "d": {"e": 1.50}}, "d": 1}',
    '{"a":"\\u00e9}{","b":1}',
    '{"c": "}", "d": {"e": 1.50}}',
    null,
  ],
  [
    "as text that begins like more",
    '{"$set":"{}","$set_once":"{\\"a\\":1}","$ip":{"a" :1}}',
    '"{}"',
    '"{\\"a\\":1}"',
    '{"a" :1}',
  ],
  ["objects with nothing in them", '{"$set":{},"$set_once":{ },"$ip": {}}', "{}", "{ }", "{}"],
  ["the same object before it", '{"a":{"b":1.0},"$set" :{"b":1.0},"c":{"b":1}}', '{"b":1.0}', null, null],
  ["nested deeper than a pattern", `{"$set":${deep(40)},"a":1}`, deep(40), null, null],
  ["in a document that ClickHouse cannot parse", `{"a":${deep(2000)},"$set":{"b":1},"$ip":"i"}`, '{"b":1}', null, "i"],
  ["cleaned with the document", '{"$set":{"a":"b\\u0000"},"$ip":"\\ud83di\0"}', '{"a":"b"}', null, "i"],
  ["in an array", '[{"$set":1,"$ip":"x"}]', null, null, null],
  ["in a document that is stored as a string", '{"$set":{"a":1},"$ip":"i",}', null, null, null],
  ["a long address", `{"$ip":"${"x".repeat(300)}"}`, null, null, "x".repeat(200)],
]

const elements: ReadonlyArray<Case> = [
  ["empty", "", null],
  ["a chain", 'a:text="é"', '"a:text=\\"é\\""'],
  ["NUL and broken UTF-8", bytes("61 00 ff 62"), '"a\ufffdb"'],
  ["only NUL", "\0", null],
]

/** The lines of one window, one object of raw JSON texts each: parsing would hide digits and space. */
const lines = (text: string, fields: ReadonlyArray<string>) =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => {
      let rest = line.slice(1, -1)
      const found: Array<string> = []
      for (const [index, field] of fields.entries()) {
        const name = `${JSON.stringify(field)}:`
        assert.isTrue(rest.startsWith(name), rest.slice(0, 80))
        const next = fields[index + 1]
        const end = next === undefined ? rest.length : rest.lastIndexOf(`,${JSON.stringify(next)}:`)
        found.push(rest.slice(name.length, end))
        rest = rest.slice(end + 1)
      }
      return found
    })

layer(ClickHouseServer.layer)("values", (it) => {
  /** Reads the fields of the rows as JSON Lines, in the order in which they were given. */
  const stored = Effect.fnUntraced(function* (
    rows: ReadonlyArray<Row>,
    fields: ReadonlyArray<string>,
    defensive = false,
  ) {
    const server = yield* ClickHouseServer
    const name = yield* table(yield* client(server), rows)
    const opened = yield* configured(server, { selection: { table: name } }).open
    const { tally, text } = yield* readAll(opened, {
      projection: projection(opened.model, "jsonl", ["uuid", ...fields]),
      defensive,
    })
    assert.strictEqual(tally.rows, rows.length)
    const found = lines(text, ["uuid", ...fields]).sort(([a = ""], [b = ""]) => (a < b ? -1 : 1))
    return { values: found.map(([, ...values]) => values), adjusted: tally.adjusted }
  }, Effect.scoped)

  const adjustments = (cases: ReadonlyArray<Case>, text: (stored: string) => string) =>
    cases.filter(
      ([, given, stored]) =>
        given !== "" && !Buffer.from(given as string).equals(Buffer.from(stored === null ? "" : text(stored))),
    ).length

  it.effect("stores documents", () =>
    Effect.gen(function* () {
      for (const defensive of [false, true]) {
        const { adjusted, values } = yield* stored(
          documents.map(([, properties]) => ({ properties })),
          ["properties"],
          defensive,
        )
        for (const [index, [what, , normally, defensively]] of documents.entries()) {
          const wanted = defensive && defensively !== undefined ? defensively : normally
          assert.strictEqual(values[index]?.[0], wanted ?? "null", `${what}${defensive ? ", defensively" : ""}`)
        }
        if (!defensive) assert.deepStrictEqual(adjusted, { properties: adjustments(documents, (text) => text) })
      }
    }),
  )

  it.effect("stores the person's properties by the same rules", () =>
    Effect.gen(function* () {
      const { values } = yield* stored(
        documents.map(([, personProperties]) => ({ personProperties })),
        ["person_properties"],
      )
      assert.deepStrictEqual(
        values.map(([value]) => value),
        documents.map(([, , wanted]) => wanted ?? "null"),
      )
    }),
  )

  it.effect("stores texts", () =>
    Effect.gen(function* () {
      const { adjusted, values } = yield* stored(
        texts.map(([, text]) => ({ event: text, distinctId: text })),
        ["event", "distinct_id"],
      )
      for (const [index, [what, , wanted]] of texts.entries()) {
        assert.deepStrictEqual(
          values[index]?.map((value) => JSON.parse(value) as unknown),
          [wanted, wanted],
          what,
        )
      }
      const count = adjustments(texts, (text) => text)
      assert.deepStrictEqual(adjusted, { event: count, distinct_id: count })
    }),
  )

  it.effect("takes $set, $set_once and $ip out of the properties", () =>
    Effect.gen(function* () {
      const { adjusted, values } = yield* stored(
        members.map(([, properties]) => ({ properties })),
        ["set", "set_once", "ip"],
      )
      for (const [index, [what, , set, once, ip]] of members.entries()) {
        assert.deepStrictEqual(
          values[index],
          [set ?? "null", once ?? "null", ip === null ? "null" : JSON.stringify(ip)],
          what,
        )
      }
      assert.deepStrictEqual(adjusted, { ip: 1 })
    }),
  )

  it.effect("makes a JSON string of the elements chain", () =>
    Effect.gen(function* () {
      const { adjusted, values } = yield* stored(
        elements.map(([, elementsChain]) => ({ elementsChain })),
        ["elements"],
      )
      assert.deepStrictEqual(
        values.map(([value]) => value),
        elements.map(([, , wanted]) => wanted ?? "null"),
      )
      assert.deepStrictEqual(adjusted, { elements: 2 })
    }),
  )

  it.effect("keeps numbers and instants, within the column's range", () =>
    Effect.gen(function* () {
      const { adjusted, values } = yield* stored(
        [
          { teamId: 1, timestamp: "1969-12-31 23:59:59.999999" },
          { timestamp: "1900-01-01 00:00:00.000001" },
          { timestamp: "2299-12-31 23:59:59.999999" },
        ],
        ["team_id", "timestamp", "site_url", "session_id"],
      )
      assert.deepStrictEqual(values, [
        ["1", '"1969-12-31T23:59:59.999999Z"', "null", "null"],
        ["1", '"1900-01-01T00:00:00.000001Z"', "null", "null"],
        ["1", '"2299-12-31T23:59:59.999999Z"', "null", "null"],
      ])
      assert.deepStrictEqual(adjusted, {})
    }),
  )
})
