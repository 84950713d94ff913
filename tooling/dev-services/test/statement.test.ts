import { assert, describe, it } from "@effect/vitest"
import { Exception, httpStatus, taggedBlock } from "../src/engine/Exception.ts"
import { insertHead, parse } from "../src/engine/statement.ts"
import { literalBytes, quote, tokens } from "../src/engine/tokens.ts"
import { killStatement, withClientIds } from "../src/engine/visible.ts"

describe("parse", () => {
  const cases: ReadonlyArray<readonly [string, string, string | undefined, ReadonlyArray<string>]> = [
    ["SELECT 1", "select", undefined, []],
    ["select 1 format CSV", "select", "CSV", []],
    ["WITH 1 AS a SELECT a FORMAT TSV SETTINGS x = 'y', z = 1", "select", "TSV", ["x", "z"]],
    ["FROM t SELECT a SETTINGS x=-1 FORMAT Native;", "select", "Native", ["x"]],
    ["((SELECT 1))", "select", undefined, []],
    ["SELECT format('{}', 1) AS format", "select", undefined, []],
    ["SELECT 'FORMAT CSV' -- FORMAT TSV", "select", undefined, []],
    ["SELECT * FROM (SELECT 1 SETTINGS inner = 1) SETTINGS outer = 1", "select", undefined, ["outer"]],
    ["/* c */ KILL QUERY WHERE 1", "kill", undefined, []],
    ["SHOW TABLES FORMAT JSON", "other", "JSON", []],
    ["ALTER TABLE t MODIFY SETTING a = 1", "other", undefined, []],
    ["", "other", undefined, []],
  ]
  for (const [sql, verb, format, settings] of cases)
    it(`${sql};`, () => {
      const found = parse(sql)
      assert.deepStrictEqual([found.verb, found.format, [...found.settings.keys()]], [verb, format, settings])
    })

  it("takes one statement only", () => {
    assert.strictEqual(parse("SELECT ';' ; ; -- end").sql, "SELECT ';' ")
    assert.throws(() => parse("SELECT 1; SELECT 2"), /Multi-statements/)
  })
})

describe("insertHead", () => {
  const cases: ReadonlyArray<readonly [string, string | undefined, string | undefined]> = [
    ["INSERT INTO t FORMAT CSV\n1,2", "INSERT INTO t FORMAT CSV", "1,2"],
    [
      "insert into t (`format`, b) settings a = 1 format RowBinary \n\nx",
      "insert into t (`format`, b) settings a = 1 format RowBinary",
      "\nx",
    ],
    ["INSERT INTO t VALUES (1), ('FORMAT CSV')", "INSERT INTO t VALUES", " (1), ('FORMAT CSV')"],
    ["-- c\nINSERT INTO FUNCTION f('a', 'b') SELECT 1", "-- c\nINSERT INTO FUNCTION f('a', 'b') SELECT 1", undefined],
    ["INSERT INTO t SELECT * FROM values('a Int8', 1)", "INSERT INTO t SELECT * FROM values('a Int8', 1)", undefined],
    ["SELECT 1 FORMAT CSV", undefined, undefined],
    ["CREATE TABLE t (a Int8)", undefined, undefined],
  ]
  for (const [sql, prefix, data] of cases)
    it(`${sql};`, () => {
      const head = insertHead(sql)
      assert.strictEqual(head && sql.slice(0, head.prefixEnd), prefix)
      assert.strictEqual(head?.dataAt === undefined ? undefined : sql.slice(head.dataAt), data)
    })
})

describe("tokens", () => {
  it("tells strings, names, comments and heredocs from code", () => {
    const sql = "SELECT 'it''s \\' x' AS \"a\"\"b\", `c\\`d` /* ' */ -- \"\n, $x$ ' $x$, 1.5e3, é_1"
    const kinds = [...tokens(sql)].map(({ kind, text }) => `${kind} ${text}`)
    assert.deepStrictEqual(kinds, [
      "word SELECT",
      "string 'it''s \\' x'",
      "word AS",
      'name "a""b"',
      "mark ,",
      "name `c\\`d`",
      "mark ,",
      "string $x$ ' $x$",
      "mark ,",
      "number 1.5e3",
      "mark ,",
      "word é_1",
    ])
  })

  it("does not stumble over what is no SQL", () => {
    assert.isAbove([...tokens("INSERT ' \0\u00ff ` \" /* ) ]")].length, 3)
  })

  it("knows what a literal stands for", () => {
    const cases: ReadonlyArray<readonly [string, string]> = [
      [String.raw`'a\n\t\\\'\x41\0'`, "a\n\t\\'A\0"],
      [String.raw`'it''s \d é'`, "it's \\d é"],
      ["$a$it's \\n$a$", "it's \\n"],
    ]
    for (const [literal, text] of cases) assert.strictEqual(literalBytes(literal).toString(), text)
    assert.deepStrictEqual(literalBytes(String.raw`'\xff\xFE'`), Buffer.from([255, 254]))
    assert.strictEqual(literalBytes(quote("a'b\\c\nd")).toString(), "a'b\\c\nd")
  })
})

describe("ids of the client's choice", () => {
  it("are looked for where they are", () => {
    assert.strictEqual(
      withClientIds(parse("KILL QUERY WHERE query_id = 'query_id' AND user = 'a'")),
      "KILL QUERY WHERE Settings['log_comment'] = 'query_id' AND user = 'a'",
    )
    assert.match(
      withClientIds(parse("SELECT query_id FROM system.processes p")),
      /^SELECT query_id FROM \(SELECT \* REPLACE \(Settings\['log_comment'\] AS query_id\) FROM system\.processes\) p$/,
    )
    assert.strictEqual(killStatement("a'b"), "KILL QUERY WHERE Settings['log_comment'] = 'a\\'b' ASYNC")
  })
})

describe("Exception", () => {
  it("is read from the engine's message", () => {
    const exception = Exception.from(new Error("Query failed: Code: 60. DB::Exception: Unknown table. (UNKNOWN_TABLE)"))
    assert.deepStrictEqual([exception.code, exception.label, httpStatus(exception)], [60, "UNKNOWN_TABLE", 404])
    assert.strictEqual(
      exception.render("26.7.2.1"),
      "Code: 60. DB::Exception: Unknown table. (UNKNOWN_TABLE) (version 26.7.2.1 (official build))\n",
    )
  })

  it("has a status for each kind", () => {
    const cases = { SYNTAX_ERROR: 400, CANNOT_PARSE_UUID: 400, AUTHENTICATION_FAILED: 403, MEMORY_LIMIT_EXCEEDED: 500 }
    for (const [label, status] of Object.entries(cases))
      assert.strictEqual(httpStatus(new Exception(1, label, "x")), status, label)
    assert.strictEqual(httpStatus(Exception.from("anything else")), 500)
  })

  it("counts the bytes of its text, not the characters", () => {
    assert.strictEqual(taggedBlock("é\n", "TAG"), "\r\n__exception__\r\nTAG\r\né\n3 TAG\r\n__exception__\r\n")
  })
})
