import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Scope } from "effect"
import { clickHouse, postgres } from "../src/index.ts"

/** Everything below a process, found through their parents. */
const descendants = (root: number): ReadonlyArray<number> => {
  const { stdout } = spawnSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" })
  const parents = stdout
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
  const found: Array<number> = []
  for (let level = [root]; level.length > 0;) {
    level = parents.filter(([, parent]) => level.includes(parent ?? 0)).map(([pid]) => pid ?? 0)
    found.push(...level)
  }
  return found
}

const isAlive = (pid: number): boolean => {
  // A process that has ended, and that nobody has asked about yet, still has its number.
  const { stdout } = spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" })
  return stdout.trim() !== "" && !stdout.startsWith("Z")
}

const abandoned = (temporary: string) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const program = fileURLToPath(new URL("./abandoned.ts", import.meta.url))
      const child = spawn(process.execPath, ["--conditions=@batch-exports/source", program], {
        env: { ...process.env, TMPDIR: temporary },
        stdio: ["ignore", "pipe", "inherit"],
      })
      await once(child.stdout, "data")
      return child
    }),
    (child) => Effect.sync(() => child.kill("SIGKILL")),
  )

const privateFolder = Effect.acquireRelease(
  Effect.sync(() => {
    const folder = mkdtempSync(join(tmpdir(), "leftovers-"))
    chmodSync(folder, 0o755)
    return folder
  }),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true })),
)

const end = Effect.fn("end")(function* (child: ChildProcess, how: () => void) {
  const below = descendants(child.pid ?? 0)
  // The engine, the keeper, the server, and the server's own processes.
  assert.isAbove(below.length, 3)
  how()
  while (child.exitCode === null && child.signalCode === null) yield* Effect.sleep("20 millis")
  while (below.some(isAlive)) yield* Effect.sleep("50 millis")
})

describe("nothing is left", () => {
  it.live("when the program that started the servers is killed", () =>
    Effect.gen(function* () {
      const folder = yield* privateFolder
      const child = yield* abandoned(folder)
      assert.lengthOf(readdirSync(folder), 2)
      yield* end(child, () => child.kill("SIGKILL"))
      assert.deepStrictEqual(readdirSync(folder), [])
    }),
  )

  it.live("when it is killed while they start", () =>
    Effect.gen(function* () {
      const folder = yield* privateFolder
      const program = fileURLToPath(new URL("./abandoned.ts", import.meta.url))
      const child = spawn(process.execPath, ["--conditions=@batch-exports/source", program], {
        env: { ...process.env, TMPDIR: folder },
        stdio: "ignore",
      })
      let below: ReadonlyArray<number> = []
      while (readdirSync(folder).length < 2) {
        yield* Effect.sleep("20 millis")
        below = descendants(child.pid ?? 0)
      }
      child.kill("SIGKILL")
      while (below.some(isAlive) || readdirSync(folder).length > 0) yield* Effect.sleep("50 millis")
      assert.isAbove(below.length, 1)
    }),
  )

  it.live("when the scope is closed, and the folders that were given stay", () =>
    Effect.gen(function* () {
      const folder = yield* privateFolder
      const before = descendants(process.pid)
      const scope = yield* Scope.make()
      const dataDir = join(folder, "clickhouse")
      yield* Scope.provide(
        Effect.all([clickHouse({ dataDir }), postgres({ dataDir: join(folder, "postgres") })]),
        scope,
      )
      const started = descendants(process.pid).filter((pid) => !before.includes(pid))
      assert.isAbove(started.length, 3)
      yield* Scope.close(scope, Exit.void)
      while (started.some(isAlive)) yield* Effect.sleep("50 millis")
      assert.deepStrictEqual(readdirSync(folder).sort(), ["clickhouse", "postgres"])
    }),
  )
})

describe("a ClickHouse folder that is kept", () => {
  it.live("still has its tables at the next start, and is one engine's at a time", () =>
    Effect.gen(function* () {
      const folder = yield* privateFolder
      const dataDir = join(folder, "clickhouse")
      const ask = (sql: string) =>
        Effect.scoped(
          Effect.gen(function* () {
            const { password, url } = yield* clickHouse({ dataDir })
            const answer = yield* Effect.promise(() =>
              fetch(url, { method: "POST", body: sql, headers: { "X-ClickHouse-Key": password } }),
            )
            assert.strictEqual(answer.status, 200)
            return yield* Effect.promise(() => answer.text())
          }),
        )
      yield* ask("CREATE TABLE t ENGINE = MergeTree ORDER BY number AS SELECT number FROM numbers(1000)")
      assert.strictEqual(yield* ask("SELECT sum(number) FROM t"), "499500\n")
      assert.isTrue(existsSync(dataDir))
      yield* clickHouse({ dataDir })
      const error = yield* Effect.flip(Effect.scoped(clickHouse({ dataDir })))
      assert.include(error.message, dataDir)
      assert.include(error.remedy, "another folder")
    }),
  )
})
