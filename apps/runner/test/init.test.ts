import { assert, describe, it } from "@effect/vitest"
import { builtIn, decodeText } from "batch-exports"
import type { Proposal } from "@batch-exports/clickhouse-source"
import { Result } from "effect"
import { readFileSync } from "node:fs"
import { parse } from "yaml"
import { example } from "../src/cli/init.ts"
import { concerns, fill, questions } from "../src/cli/initAnswers.ts"
import { exporting } from "../src/cli/initModel.ts"

interface Written {
  readonly model: unknown
  readonly destination: { readonly table: string }
}

const text = readFileSync(example, "utf8")
const decode = (yaml: string) => decodeText("c.yaml", yaml, builtIn, { env: () => "x", file: () => "x" })

describe("init", () => {
  it("puts every answer into its place and leaves the rest as it was", () => {
    const answers = {
      "clickhouse-url": "http://ch:8123",
      team: "1, 2",
      "postgres-port": "6432",
      "postgres-schema": "exports",
      "self-signed": "yes",
      schedule: "5 minutes",
    }
    const filled = fill(text, answers)
    const changed = text.split("\n").flatMap((line, index) => (filled.split("\n")[index] === line ? [] : [line.trim()]))
    assert.deepStrictEqual(changed, [
      "url: https://clickhouse.example.com:8443",
      "port: 5432",
      "schema: posthog_exports",
      "selfSigned: false",
      "teamId: 1",
      "schedule: hour",
    ])
    assert.isTrue(Result.isSuccess(decode(filled)))
    assert.include(filled, "teamId: [1,2]")
    assert.include(filled, "schedule: 5 minutes")
  })

  it("has a place for every question", () => {
    for (const { flag } of questions) assert.notStrictEqual(fill(text, { [flag]: "7" }), text, flag)
  })

  it("makes the export one of another model, and asks for a team only where there is one", () => {
    const persons = exporting(fill(text, { model: "persons", team: "7" }), { model: "persons", named: false })
    const configuration = Result.getOrThrow(decode(persons))
    assert.deepStrictEqual([...configuration.exports.keys()], ["persons"])
    assert.include(persons, "    model:\n      name: persons\n")
    assert.include(persons, "      table: persons\n")
    assert.isTrue(concerns("team", { model: "sessions" }))
    assert.isFalse(concerns("team", { model: "app.orders" }))
  })

  it("writes a table whatever its columns are called", () => {
    const odd = 'a "b", [c]: ${HOME} #\n\u0085d'
    const proposal: Proposal = {
      model: { name: "table", table: "app.null", time: "true", key: [odd, "no"], version: odd, exclude: ["12"] },
      times: ["true", odd],
      complete: true,
      notes: [`Look at ${odd}. ${"word ".repeat(60)}`],
    }
    const written = exporting(text, { model: "app.null", named: false, proposal })
    assert.isTrue(Result.isSuccess(decode(written)), written)
    const unescaped = (value: string) => value.replaceAll("$${", "${")
    const [name, { destination, model }] = Object.entries(parse(written).exports)[0] as [string, Written]
    assert.deepStrictEqual([name, destination.table], ["null", "null"])
    assert.deepStrictEqual(JSON.parse(unescaped(JSON.stringify(model))), proposal.model)
    for (const line of written.split("\n")) assert.isAtMost(line.length, 140, line)
  })

  it("leaves a table that nobody could describe to be completed", () => {
    const written = exporting(text, { model: "app.orders", named: true })
    assert.isTrue(Result.isSuccess(decode(written)), written)
    assert.deepStrictEqual(parse(written).exports.orders, {
      source: "analytics",
      model: { name: "table", table: "app.orders", time: "inserted_at" },
      destination: { use: "warehouse", table: "events" },
      schedule: "hour",
    })
    const incomplete: Proposal = {
      model: { name: "table", table: "app.orders", exclude: ["sums"] },
      times: [],
      complete: false,
      notes: ["Rows of this table hold states."],
    }
    const proposed = exporting(text, { model: "app.orders", named: false, proposal: incomplete })
    assert.isTrue(Result.isSuccess(decode(proposed)), proposed)
    assert.deepStrictEqual(parse(proposed).exports.orders.model, { ...incomplete.model, time: "inserted_at" })
    assert.include(proposed, "# Rows of this table hold states.\n")
  })

  it("an answer that makes no sense is told by the configuration's own words", () => {
    const decoded = decode(fill(text, { schedule: "sometimes" }))
    assert.match(Result.isFailure(decoded) ? decoded.failure.message : "", /events\.schedule: must be "hour", "day"/)
  })
})
