/** What the matrix counts and shows, without running it. */
import { assert, describe, it } from "@effect/vitest"
import { type Cell, cells, count, failed, type Outcome, pairsOf, pairwise, select, table } from "./matrix/cells.ts"
import { parseVariant } from "./support/variant.ts"

describe("the matrix", () => {
  it("has every combination, of which words choose", () => {
    assert.lengthOf(cells, 5 * 4 * 2 * 2)
    assert.lengthOf(select(undefined) ?? [], cells.length)
    assert.deepStrictEqual(select("14,16,self-signed,pgbouncer,text"), [
      { major: "14", tls: "self-signed", pool: "pgbouncer", format: "text" },
      { major: "16", tls: "self-signed", pool: "pgbouncer", format: "text" },
    ])
    assert.lengthOf(select("18,direct,binary") ?? [], 4)
    assert.isUndefined(select("13"))
  })

  it("has a selection in which every two values meet", () => {
    const chosen = pairwise(cells)
    assert.isAtMost(chosen.length, 24)
    assert.deepStrictEqual(new Set(chosen.flatMap(pairsOf)), new Set(cells.flatMap(pairsOf)))
    assert.lengthOf(new Set(cells.flatMap(pairsOf)), 5 * 4 + 5 * 2 + 5 * 2 + 4 * 2 + 4 * 2 + 2 * 2)
  })

  it("says each combination in one variable", () => {
    assert.deepStrictEqual(parseVariant(""), { tls: "verify-full", pool: "none", format: "auto" })
    assert.deepStrictEqual(parseVariant("pool=pgbouncer,format=text"), {
      tls: "verify-full",
      pool: "pgbouncer",
      format: "text",
    })
    assert.throws(() => parseVariant("pool=odyssey"), /pool must be one of none, pgbouncer/)
    assert.throws(() => parseVariant("poool=none"), /there is no poool/)
  })

  it("counts by identity; what did not run is neither passed nor failed", () => {
    const file = (name: string, ...tests: ReadonlyArray<readonly [string, string]>) => ({
      name: `/x/${name}.test.ts`,
      status: "passed",
      message: "",
      assertionResults: tests.map(([fullName, status]) => ({ fullName, status })),
    })
    const outcome = count({
      success: false,
      testResults: [
        file("append", ["appends", "passed"], ["appends much", "failed"], ["with luck", "skipped"]),
        file("merge", ["newer wins", "passed"]),
        file("conformance", ["Postgres keeps the laws upsert/older-loses", "passed"]),
      ],
    })
    assert.deepStrictEqual(outcome, {
      _tag: "Ran",
      counts: { append: { passed: 1, failed: 1 }, upsert: { passed: 2, failed: 0 } },
    })
    assert.isTrue(failed(outcome))
    assert.isTrue(failed(count({ success: false, testResults: [] })))
  })

  it("shows one line for each version, TLS and way", () => {
    const outcomes = new Map<Cell, Outcome>()
    for (const cell of select("18,self-signed") ?? []) {
      outcomes.set(
        cell,
        cell.pool === "none"
          ? {
              _tag: "Ran",
              counts: {
                append: { passed: 3, failed: cell.format === "text" ? 1 : 0 },
                upsert: { passed: 2, failed: 0 },
              },
            }
          : { _tag: "NotRun", why: "no PgBouncer" },
      )
    }
    assert.deepStrictEqual(
      table(outcomes)
        .split("\n")
        .map((line) => line.trimEnd().split(/ {2,}/)),
      [
        ["Postgres", "TLS", "way", "append, binary", "append, text", "upsert, binary", "upsert, text"],
        ["18", "self-signed", "direct", "pass 3", "FAILED 1 of 4", "pass 2", "pass 2"],
        ["18", "self-signed", "PgBouncer", "not run", "not run", "not run", "not run"],
      ],
    )
  })
})
