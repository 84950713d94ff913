/** What the package and the image run: the bundle, in a folder that has nothing else of this repository. */
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { execFileSync } from "node:child_process"
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { vi } from "vitest"
import { parse, stringify } from "yaml"
import { allFinished, until } from "./support/runnerProcess.ts"
import { format, World } from "./support/World.ts"

vi.setConfig({ testTimeout: 120_000 })

const runner = fileURLToPath(new URL("..", import.meta.url))
const rolldown = fileURLToPath(new URL("../../../node_modules/rolldown/bin/cli.mjs", import.meta.url))
const minimal = fileURLToPath(new URL("../../../examples/minimal-destination/src/index.ts", import.meta.url))

const json = ({ stderr, stdout }: { readonly stderr: string; readonly stdout: string }) => {
  assert.strictEqual(stderr, "")
  return JSON.parse(stdout) as { readonly status: string; readonly rows: number }
}

layer(World.layer({ windows: 3, rows: 600 }), { timeout: 120_000 })("the bundle", (it) => {
  it.effect("exports by itself, on schedule, and with a destination that has libraries of its own", () =>
    Effect.gen(function* () {
      const world = yield* World
      const app = join(world.folder, "app")
      execFileSync(process.execPath, [rolldown, "-c", "--dir", join(app, "bundle")], { cwd: runner, stdio: "pipe" })
      for (const name of ["package.json", "batch-exports.example.yaml"]) cpSync(join(runner, name), join(app, name))
      const main = join(app, "bundle", "main.js")
      const names = readdirSync(join(app, "bundle")).map((name) => name.toLowerCase())
      // As they would be told apart on other systems.
      assert.lengthOf(names, new Set(names).size)
      const cli = (...args: ReadonlyArray<string>) => Effect.promise(() => world.startOf(main, ...args).finished)

      assert.strictEqual((yield* cli("--version")).stdout.trim(), "batch-exports v0.0.0")
      const written = join(world.folder, "written.yaml")
      assert.strictEqual((yield* cli("init", "--example", "--output", written)).code, 0)
      assert.strictEqual(
        readFileSync(written, "utf8"),
        readFileSync(join(runner, "batch-exports.example.yaml"), "utf8"),
      )
      assert.include(readFileSync(join(app, "bundle", "licenses.txt"), "utf8"), "effect ")

      const [first, second, third] = world.windows
      const file = world.config({
        schedule: { every: "hour", startAt: first?.start.toISOString(), endAt: second?.end.toISOString() },
      })
      const window = ["--json", "--config", file, "--window", format(first)]
      assert.strictEqual(json(yield* cli("run", "events", ...window)).status, "exported")
      assert.strictEqual(json(yield* cli("run", "events", ...window)).status, "already-exported")

      const data = join(world.folder, "data")
      const started = world.startOf(main, "start", "--config", file, "--data", data)
      // The window before it is there already.
      yield* Effect.promise(() => until(started, data, allFinished(1)))
      started.kill("SIGTERM")
      assert.strictEqual((yield* Effect.promise(() => started.finished)).code, 0)
      const comparison = yield* world.compare(world.windows.slice(0, 2))
      assert.isTrue(comparison.equal, JSON.stringify(comparison))

      const files = join(world.folder, "files")
      mkdirSync(files)
      const changed = { ...(parse(readFileSync(file, "utf8")) as object), plugins: [minimal] }
      const other = join(world.folder, "plugin.yaml")
      writeFileSync(other, stringify({ ...changed, destinations: { warehouse: { type: "minimal", folder: files } } }))
      const exported = json(yield* cli("run", "events", "--json", "--config", other, "--window", format(third)))
      const lines = readdirSync(files).flatMap((name) => readFileSync(join(files, name), "utf8").trim().split("\n"))
      assert.deepStrictEqual([exported.status, exported.rows], ["exported", lines.length])
      assert.isAbove(lines.length, 100)
    }),
  )
})
