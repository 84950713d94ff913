import { assert, describe, it } from "@effect/vitest"
import { builtIn, decodeText } from "batch-exports"
import { Result } from "effect"
import { spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { example } from "../src/cli/init.ts"
import { fill, questions } from "../src/cli/initAnswers.ts"

const text = readFileSync(example, "utf8")
const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url))
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

  // util-linux's script gives a command a terminal; others have another one.
  it.runIf(process.platform === "linux")("asks at a terminal, one question after the other", async () => {
    const folder = mkdtempSync(join(tmpdir(), "batch-exports-test-"))
    try {
      const output = join(folder, "asked.yaml")
      const command = [process.execPath, "--conditions=@batch-exports/source", MAIN, "init", "--output", output]
      const child = spawn("script", ["-qec", command.map((word) => `'${word}'`).join(" "), "/dev/null"])
      let shown = ""
      child.stdout.setEncoding("utf8").on("data", (part: string) => (shown += part))
      const ended = new Promise<number | null>((resolve) => child.once("close", resolve))
      for (const { asks, flag } of questions) {
        while (!shown.includes(asks)) {
          if (child.exitCode !== null) throw new Error(shown)
          await sleep(20)
        }
        // Return alone takes what the question proposes.
        child.stdin.write(flag === "team" ? "7\r" : flag === "self-signed" ? "yes\r" : "\r")
      }
      assert.strictEqual(await ended, 0, shown)
      const written = readFileSync(output, "utf8")
      assert.strictEqual(written, fill(text, { team: "7", "self-signed": "yes" }))
      assert.include(shown, "Wrote ")
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it("an answer that makes no sense is told by the configuration's own words", () => {
    const decoded = decode(fill(text, { schedule: "sometimes" }))
    assert.match(Result.isFailure(decoded) ? decoded.failure.message : "", /events\.schedule: must be "hour", "day"/)
  })
})
