/** A run that is too large for one transaction: cut, killed between its sub-windows, gone on with, and counted as one. */
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import type { PlanData } from "../src/cli/plan.ts"
import type { RunData } from "../src/cli/run.ts"
import { allFinished, query, runsOf, until } from "./support/runnerProcess.ts"
import { format, World } from "./support/World.ts"

/** Each starts several processes, which takes its time where many tests run at once. */
const patience = 240_000

layer(World.layer({ windows: 2, rows: 8_000 }), { timeout: 120_000 })("sub-windows", (it) => {
  /** The ledger's windows, which must lie side by side from the first to the last instant. */
  const joinedWindows = Effect.fnUntraced(function* (ledger: string, from: Date, to: Date) {
    const world = yield* World
    const windows = yield* world.query<{ start: Date; end: Date; rows: number; run: string }>(
      `SELECT window_start AS start, window_end AS end, rows::int AS rows, run FROM ${world.schema}.${ledger} ORDER BY 1`,
    )
    assert.deepStrictEqual(
      [...windows.map(({ start }) => start.getTime()), to.getTime()],
      [from.getTime(), ...windows.map(({ end }) => end.getTime())],
    )
    return windows
  })

  it.effect(
    "a plan shows them, a run commits each of them and counts them as one",
    () =>
      Effect.gen(function* () {
        const world = yield* World
        const [window] = world.windows
        if (window === undefined) return assert.fail("the world has a window")
        const file = world.config({
          destination: { table: "cut", ledgerTable: "cut_ledger" },
          export: { subWindows: { rows: 1_000, parallel: 2 } },
        })
        const args = ["events", "--json", "--config", file, "--window", format(window)] as const
        const planned = yield* world.cli("plan", ...args)
        const { subWindows } = JSON.parse(planned.stdout) as PlanData
        assert.isAbove(subWindows.length, 3)
        for (const { rows } of subWindows) assert.isAtMost(rows, 1_000)

        const done = yield* world.cli("run", ...args)
        assert.strictEqual(done.code, 0, done.stderr)
        const said = JSON.parse(done.stdout) as RunData
        const windows = yield* joinedWindows("cut_ledger", window.start, window.end)
        assert.deepStrictEqual(
          windows.map(({ end, start }) => format({ start, end })),
          subWindows.map((part) => part.window),
        )
        assert.deepStrictEqual(yield* world.counts("cut", "cut_ledger"), {
          table: said.rows,
          ledger: said.rows,
          windows: windows.length,
        })
        assert.include(said.notices.join(), `${windows.length} sub-windows`)
        const comparison = yield* world.compare(windows, "cut")
        assert.isTrue(comparison.equal, JSON.stringify(comparison))

        const again = JSON.parse((yield* world.cli("run", ...args)).stdout) as RunData
        assert.deepInclude(again, { status: "already-exported", rows: 0 })
        const planAgain = JSON.parse((yield* world.cli("plan", ...args)).stdout) as PlanData
        assert.deepInclude(planAgain, { missing: [], subWindows: [] })
      }),
    patience,
  )

  it.effect(
    "a runner that is killed between two of them goes on with the rest, and the run counts all",
    () =>
      Effect.gen(function* () {
        const world = yield* World
        const { end, start } = world.windows[1] ?? { start: new Date(0), end: new Date(0) }
        const folder = join(world.folder, "killed")
        const file = world.config({
          destination: { table: "killed", ledgerTable: "killed_ledger" },
          schedule: { every: "hour", startAt: start.toISOString(), endAt: end.toISOString() },
          export: { subWindows: { rows: 500 } },
        })
        const first = world.start("start", "--config", file, "--data", folder)
        const committed = Effect.map(world.counts("killed", "killed_ledger"), ({ windows }) => windows)
        while ((yield* committed) < 2) yield* Effect.promise(() => sleep(5))
        first.kill("SIGKILL")
        yield* Effect.promise(() => first.finished)
        const before = yield* world.counts("killed", "killed_ledger")
        assert.strictEqual(before.table, before.ledger)
        assert.deepStrictEqual(
          runsOf(folder).map(({ state }) => state),
          ["running"],
        )

        const second = world.start("start", "--config", file, "--data", folder)
        const [run] = yield* Effect.promise(() => until(second, folder, allFinished(1)))
        second.kill("SIGTERM")
        yield* Effect.promise(() => second.finished)
        const windows = yield* joinedWindows("killed_ledger", start, end)
        assert.isAbove(windows.length, before.windows)
        assert.deepStrictEqual(new Set(windows.map((row) => row.run)), new Set([run?.id]))
        const after = yield* world.counts("killed", "killed_ledger")
        assert.strictEqual(after.table, after.ledger)
        assert.deepStrictEqual([run?.state, run?.stored?.received], ["completed", after.table])
        const bytes = yield* world.query<{ bytes: number }>(
          `SELECT sum(bytes)::int AS bytes FROM ${world.schema}.killed_ledger`,
        )
        assert.deepStrictEqual([{ bytes: run?.bytes }], bytes)
        const comparison = yield* world.compare(windows, "killed")
        assert.isTrue(comparison.equal, JSON.stringify(comparison))
        const logged = query(folder, "SELECT message FROM run_logs WHERE message LIKE 'sub-window %'")
        assert.isAbove(logged.length, windows.length - before.windows - 1)
      }),
    patience,
  )

  it.effect(
    "a user with one connection goes on with a window that is exported in part",
    () =>
      Effect.gen(function* () {
        const world = yield* World
        const [window] = world.windows
        if (window === undefined) return assert.fail("the world has a window")
        const limit = (connections: number) => world.query(`ALTER USER posthog CONNECTION LIMIT ${connections}`)
        yield* Effect.acquireRelease(limit(1), () => limit(-1))
        const file = world.config({ destination: { table: "single", ledgerTable: "single_ledger" } })
        const middle = new Date((window.start.getTime() + window.end.getTime()) / 2)
        for (const end of [middle, window.end, window.end]) {
          const args = ["events", "--json", "--config", file, "--window", format({ start: window.start, end })] as const
          const done = yield* world.cli("run", ...args)
          assert.strictEqual(done.code, 0, done.stderr)
        }
        assert.lengthOf(yield* joinedWindows("single_ledger", window.start, window.end), 2)
      }),
    patience,
  )

  it.effect(
    "atomicRun: true commits the window as one",
    () =>
      Effect.gen(function* () {
        const world = yield* World
        const file = world.config({
          destination: { table: "atomic", ledgerTable: "atomic_ledger" },
          export: { atomicRun: true, subWindows: { rows: 100 } },
        })
        const done = yield* world.run(0, file)
        assert.strictEqual(done.code, 0, done.stderr)
        assert.deepInclude(yield* world.counts("atomic", "atomic_ledger"), { windows: 1 })
      }),
    patience,
  )
})
