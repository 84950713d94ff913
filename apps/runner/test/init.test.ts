import { assert, describe, it } from "@effect/vitest"
import { builtIn, decodeText } from "batch-exports"
import { Result } from "effect"
import { readFileSync } from "node:fs"
import { example } from "../src/cli/init.ts"
import { fill, questions } from "../src/cli/initAnswers.ts"

const text = readFileSync(example, "utf8")
const decode = (yaml: string) => decodeText("c.yaml", yaml, builtIn, { env: () => "x", file: () => "x" })

describe("init", () => {
  it("puts every answer into its place and leaves the rest as it was", () => {
    const answers = {
      "clickhouse-url": "http://ch:8123",
      team: "1, 2",
      "postgres-port": "6432",
      "postgres-schema": "exports",
      schedule: "5 minutes",
    }
    const filled = fill(text, answers)
    const changed = text.split("\n").flatMap((line, index) => (filled.split("\n")[index] === line ? [] : [line.trim()]))
    assert.deepStrictEqual(changed, [
      "url: https://clickhouse.example.com:8443",
      "port: 5432",
      "schema: posthog_exports",
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

  it("an answer that makes no sense is told by the configuration's own words", () => {
    const decoded = decode(fill(text, { schedule: "sometimes" }))
    assert.match(Result.isFailure(decoded) ? decoded.failure.message : "", /events\.schedule: must be "hour", "day"/)
  })
})
