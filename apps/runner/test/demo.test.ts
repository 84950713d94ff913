import { Effect } from "effect"
import { assert, describe, it } from "@effect/vitest"
import { spawn } from "node:child_process"
import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Report } from "../src/cli/demoReport.ts"

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url))

const demo = (folder: string) =>
  Effect.callback<{ readonly code: number | null; readonly report: Report }>((resume) => {
    const child = spawn(
      process.execPath,
      [
        "--conditions=@batch-exports/source",
        MAIN,
        "demo",
        "--once",
        "--json",
        "--keep",
        folder,
        "--windows",
        "3",
        "--rows",
        "3000",
      ],
      { stdio: ["ignore", "pipe", "inherit"] },
    )
    let stdout = ""
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text))
    child.on("close", (code) => resume(Effect.sync(() => ({ code, report: JSON.parse(stdout) as Report }))))
  })

describe("batch-exports demo", () => {
  it.live(
    "agrees on both sides, and adds nothing the second time",
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
        const first = yield* demo(folder)
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

        const second = yield* demo(folder)
        assert.strictEqual(second.code, 0)
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
    180_000,
  )
})
