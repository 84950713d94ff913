import { Effect } from "effect"
import { assert, describe, it } from "@effect/vitest"
import { spawn } from "node:child_process"
import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Report } from "../src/cli/demoReport.ts"

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url))

interface Finished {
  readonly code: number | null
  readonly report: Report
  /** What its console answered, where it was left running. */
  readonly seen: ReadonlyArray<string>
}

/** Without `--once` it goes on until it is told to stop, which is when its console has been looked at. */
const demo = (folder: string, once: boolean) =>
  Effect.callback<Finished>((resume) => {
    const shape = ["--json", "--keep", folder, "--windows", "3", "--rows", "3000"]
    const child = spawn(
      process.execPath,
      ["--conditions=@batch-exports/source", MAIN, "demo", ...(once ? ["--once"] : []), ...shape],
      { stdio: ["ignore", "pipe", "pipe"] },
    )
    let stdout = ""
    let stderr = ""
    let seen: Promise<ReadonlyArray<string>> | undefined
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text))
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text
      const address = /console is at (\S+)/.exec(stderr)?.[1]
      if (address === undefined || seen !== undefined) return
      const look = async (path: string) =>
        (await fetch(new URL(path, address), { headers: { accept: "text/html, application/json" } })).text()
      seen = Promise.all(["/", "/api/exports", "/destinations"].map(look)).finally(() => child.kill("SIGINT"))
    })
    child.on("close", (code) => {
      void Promise.resolve(seen ?? []).then((found) =>
        resume(Effect.sync(() => ({ code, report: JSON.parse(stdout) as Report, seen: found }))),
      )
    })
  })

describe("batch-exports demo", () => {
  it.live(
    "agrees on both sides, adds nothing the second time, and leaves a console running",
    () =>
      Effect.gen(function* () {
        const folder = yield* Effect.acquireRelease(
          Effect.sync(() => {
            const path = mkdtempSync(join(tmpdir(), "batch-exports-demo-"))
            // Run as root, Postgres runs as another user, who must get through.
            chmodSync(path, 0o755)
            return path
          }),
          (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true })),
        )
        const first = yield* demo(folder, true)
        assert.strictEqual(first.code, 0, JSON.stringify(first.report))
        assert.isTrue(first.report.equal)
        assert.lengthOf(first.report.windows, 3)
        for (const window of first.report.windows) {
          assert.isAbove(window.sourceRows, 500)
          assert.strictEqual(window.postgresRows, window.sourceRows)
          assert.strictEqual(window.newRows, window.sourceRows)
          assert.strictEqual(window.postgresHash, window.sourceHash)
        }
        assert.isAbove(
          first.report.windows.flatMap((window) => Object.values(window.adjusted)).reduce((a, b) => a + b, 0),
          20,
        )

        const second = yield* demo(folder, false)
        assert.strictEqual(second.code, 130)
        const [root = "", exports = "", page] = second.seen
        assert.match(root, /<script type="module"/)
        assert.strictEqual(page, root)
        assert.match(exports, /"events every hour"/)
        assert.strictEqual(second.report.newRows, 0)
        assert.deepStrictEqual(
          second.report.windows.map(({ status }) => status),
          Array.from({ length: 3 }, () => "already-exported"),
        )
        assert.deepStrictEqual(
          second.report.windows.map(({ postgresHash }) => postgresHash),
          first.report.windows.map(({ postgresHash }) => postgresHash),
        )
      }).pipe(Effect.scoped),
    300_000,
  )
})
