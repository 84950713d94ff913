/** Runs at the same time, in one folder: one of them publishes a window, and nobody removes what another still needs. */
import { Window } from "@batch-exports/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import { readdirSync, renameSync } from "node:fs"
import { join } from "node:path"
import * as Owner from "../src/store/Owner.ts"
import { temporary } from "./support/harness.ts"
import { allWindows, content, leftovers } from "./support/reader.ts"
import { configure, exportOnce, hours, linesOf, runOf, writeAll } from "./support/run.ts"

const seed = Number(process.env["SEED"] ?? 20_260_131)

const seen = (folder: string): ReadonlyArray<string> =>
  Buffer.concat(allWindows(folder).map((window) => content(folder, window)))
    .toString("utf8")
    .split("\n")
    .slice(0, -1)
    .sort()

describe("several runs", () => {
  it.live("of one window: one publishes it", () =>
    Effect.gen(function* () {
      const folder = join(yield* temporary, "out")
      const to = configure(folder)
      const results = yield* Effect.all(
        Array.from({ length: 8 }, (_, n) => Effect.result(exportOnce(to, runOf({ id: `run-${n}` })))),
        { concurrency: "unbounded" },
      )
      const published = results.filter((result) => Result.isSuccess(result) && result.success !== undefined)
      assert.strictEqual(published.length, 1)
      for (const result of results) if (Result.isFailure(result)) assert.strictEqual(result.failure.reason, "ClaimLost")
      assert.deepStrictEqual(seen(folder), [...linesOf(hours(0, 1))].sort())
      assert.deepStrictEqual(leftovers(folder), [])
    }),
  )

  it.live(`of windows that overlap, until all are exported (SEED=${seed})`, () =>
    Effect.gen(function* () {
      const folder = join(yield* temporary, "out")
      const to = configure(folder, { splitBytes: 100 })
      let state = seed
      const below = (bound: number) => {
        state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
        return (state >>> 8) % bound
      }
      const untilDone = (run: ReturnType<typeof runOf>): Effect.Effect<void> =>
        exportOnce(to, run).pipe(
          Effect.asVoid,
          Effect.catch((error) =>
            error.recovery === "reopen" ? untilDone(run) : Effect.die(new Error(error.message)),
          ),
        )
      const runs = Array.from({ length: 12 }, (_, n) => {
        const from = below(20)
        return runOf({ id: `run-${n}`, window: hours(from, from + 1 + below(6)) })
      })
      yield* Effect.all(runs.map(untilDone), { concurrency: "unbounded" })
      const gaps = runs.reduce((left, { window }) => left.flatMap((gap) => Window.subtract(gap, [window])), [
        hours(0, 30),
      ] as ReadonlyArray<Window.Window>)
      const covered = Window.subtract(hours(0, 30), gaps)
      assert.deepStrictEqual(seen(folder), covered.flatMap(linesOf).sort())
      assert.deepStrictEqual(leftovers(folder), [])
    }),
  )

  it.live("of different exports: each has a manifest, and none sweeps the other", () =>
    Effect.gen(function* () {
      const folder = join(yield* temporary, "out")
      const to = configure(folder)
      const names = ["events", "Events", "e/vents", "..", "é"]
      yield* Effect.all(
        names.map((name) => exportOnce(to, runOf({ export: name }))),
        { concurrency: "unbounded" },
      )
      assert.strictEqual(allWindows(folder).length, names.length)
      assert.strictEqual(seen(folder).length, 10 * names.length)
      assert.deepStrictEqual(leftovers(folder), [])
    }),
  )
})

const deadPid = 2 ** 22 + 1

describe("what an unfinished run wrote", () => {
  /** Another run opens the folder while one has written and not committed. */
  const commitAfterAnotherRun = Effect.fnUntraced(function* (meanwhile: (staging: string) => void) {
    const folder = join(yield* temporary, "out")
    const to = configure(folder)
    const outcome = yield* Effect.scoped(
      Effect.gen(function* () {
        const slow = yield* to.open(runOf())
        const stored = yield* writeAll(slow)
        meanwhile(join(folder, "_batch_exports", "staging"))
        yield* exportOnce(to, runOf({ export: "another" }))
        return yield* Effect.result(slow.commit({ rows: stored.received, adjusted: {} }))
      }),
    )
    assert.deepStrictEqual(leftovers(folder), [])
    assert.strictEqual(allWindows(folder).length, Result.isSuccess(outcome) ? 2 : 1)
    return Result.isSuccess(outcome) ? "committed" : `${outcome.failure.reason}, ${outcome.failure.recovery}`
  })

  it.live("is kept while its process lives", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* commitAfterAnotherRun(() => undefined), "committed")
    }),
  )

  it.live("cannot be published once it was taken for dead", () =>
    Effect.gen(function* () {
      const outcome = yield* commitAfterAnotherRun((staging) => {
        const [name = ""] = readdirSync(staging)
        renameSync(join(staging, name), join(staging, Owner.format({ ...Owner.self("0a"), pid: deadPid })))
      })
      assert.strictEqual(outcome, "TargetChanged, reopen")
    }),
  )

  it.each([
    [{}, 48, true, "this process, however quiet"],
    [{ place: "ffffffff", pid: deadPid }, 23, true, "another host or container, seen today"],
    [{ place: "ffffffff" }, 25, false, "another host or container, silent for a day"],
    [{ pid: deadPid }, 0, false, "a process that is gone"],
    [{ started: "1" }, 0, false, "a process whose number belongs to another one now"],
    [{ boot: "ffffffff" }, 0, false, "this host before it was started anew"],
  ])("%j, %d hours ago: alive %s, %s", (owner, ago, alive, _who) => {
    const now = Date.now()
    assert.strictEqual(Owner.isAlive({ ...Owner.self("0a"), ...owner }, now - ago * 3_600_000, now), alive)
  })

  it("says by its name who it belongs to", () => {
    const owner = Owner.self("0123456789ab")
    assert.deepStrictEqual(Owner.parse(Owner.format(owner)), owner)
    assert.isUndefined(Owner.parse("lost+found"))
  })
})
