/** Runners of two versions side by side on one state, while the older ones are replaced. */
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { known } from "../../src/store/migrations.ts"
import { cluster, until } from "../support/cluster.ts"
import { newer, older, olderCommit, type Version } from "../support/versions.ts"
import { MAIN, type Started, World } from "../support/World.ts"

const current: Version = { main: MAIN, version: "0.0.0" }
const commit = olderCommit()

layer(World.layer({ windows: 2, rows: 8_000 }), { timeout: 180_000, excludeTestServices: true })(
  "an upgrade, runner by runner",
  (it) => {
    const begin = Effect.fnUntraced(function* (name: string) {
      const made = yield* cluster()
      const work = made.generation(name, { every: "3 minutes", concurrency: 4 })
      const completed = Effect.map(work.runs, (all) => all.filter(({ state }) => state === "completed"))
      const underWay = (child: Started) =>
        Effect.map(work.runs, (all) => all.filter(({ runner, state }) => state === "running" && isOf(runner, child)))
      const heldBy = (child: Started) => Effect.map(underWay(child), (held) => held.length > 0)
      /** Another one of them than before. */
      const completesBy = Effect.fnUntraced(function* (child: Started) {
        const own = Effect.map(completed, (all) => all.filter(({ runner }) => isOf(runner, child)).length)
        const before = yield* own
        yield* until(Effect.map(own, (now) => now > before))
      })
      const once = Effect.gen(function* () {
        const twice = yield* made.query(
          `SELECT run_id FROM ${work.schema}.run_logs WHERE message LIKE 'completed: %' GROUP BY run_id HAVING count(*) > 1`,
        )
        assert.deepStrictEqual(twice, [])
      })
      const tables = Effect.map(
        made.query<{ version: number }>(
          `SELECT max(migration_id)::int AS version FROM ${work.schema}.batch_exports_migrations`,
        ),
        ([row]) => row?.version,
      )
      return { ...made, work, completed, underWay, heldBy, completesBy, once, tables }
    })

    /** What `to` adds is not in the way of `from`. */
    const rolling = Effect.fnUntraced(function* (name: string, from: Version, to: Version) {
      const world = yield* World
      const { completed, completesBy, heldBy, once, tables, underWay, work } = yield* begin(name)
      const [first, second] = [work.start(from.main), work.start(from.main)]
      yield* until(Effect.map(completed, (all) => all.length >= 2))
      const before = yield* tables
      // Its commands change no tables.
      const early = yield* Effect.promise(() => world.startOf(to.main, "status", "--state", work.url).finished)
      assert.strictEqual(early.code, 1, early.stderr)
      assert.include(early.stderr, "Start a runner of this version first; it brings the state up to date.")
      const third = work.start(to.main)
      yield* until(Effect.map(tables, (now) => now !== before))
      // Tables that are newer than itself are no reason to stop.
      yield* completesBy(first)
      yield* until(heldBy(first))
      first.kill("SIGTERM")
      yield* completesBy(third)
      const said = yield* Effect.promise(() => world.startOf(from.main, "status", "--state", work.url).finished)
      assert.strictEqual(said.code, 0, said.stderr)
      assert.include(said.stdout, "runner  running")
      const fourth = work.start(to.main)
      yield* until(heldBy(second))
      const cutOff = yield* underWay(second)
      second.kill("SIGKILL")
      yield* until(work.isDone)
      // What the older one had begun, a newer one brought to its end.
      const ended = yield* work.runs
      for (const { id } of cutOff) {
        const runner = ended.find((run) => run.id === id)?.runner ?? null
        assert.isTrue(
          [third, fourth].some((child) => runner !== null && isOf(runner, child)),
          `${runner}`,
        )
      }
      const late = work.start(from.main)
      yield* Effect.promise(() => late.said("on schedule."))
      const ends = yield* Effect.promise(() =>
        Promise.all([third, fourth, late].map((child) => (child.kill("SIGTERM"), child.finished))),
      )
      for (const { code, stderr } of [...ends, yield* Effect.promise(() => first.finished)]) {
        assert.strictEqual(code, 0, stderr)
        // Of what is not there, or is there under another name.
        assert.notMatch(stderr, /internal error|\b(42703|42P01|23502)\b|does not exist/)
      }
      yield* once
      yield* work.verify(name)
    })

    it.effect(
      "to one that only adds to the tables: both work, and neither loses or doubles anything",
      () =>
        Effect.gen(function* () {
          yield* rolling("adds", current, yield* newer(["ALTER TABLE runs ADD COLUMN note TEXT"]))
        }),
      600_000,
    )

    it.effect.skipIf(commit === undefined)(
      `from the last commit that had other tables (${commit?.slice(0, 7) ?? "there is no history here"})`,
      () =>
        Effect.gen(function* () {
          yield* rolling("older", yield* older(commit ?? ""), current)
        }),
      600_000,
    )

    it.effect(
      "to one that changes the tables: the older ones stop with one clear error, and it goes on with their runs",
      () =>
        Effect.gen(function* () {
          const world = yield* World
          const { completed, heldBy, once, work } = yield* begin("changes")
          const to = yield* newer(
            [
              "ALTER TABLE runs RENAME COLUMN left_out TO fields_left_out",
              `UPDATE compatibility SET oldest = ${known + 1}`,
            ],
            { from: "left_out", to: "fields_left_out" },
          )
          const children = [work.start(), work.start()]
          yield* until(Effect.map(completed, (all) => all.length >= 2))
          yield* until(Effect.map(Effect.forEach(children, heldBy), (held) => held.some((has) => has)))
          const next = work.start(to.main)
          const error = [
            `error: the state was changed by a newer version of batch-exports: it needs schema ${known + 1}, and this one knows ${known}`,
            "  to do   Upgrade this program to the version of the newest runner.",
          ].join("\n")
          for (const child of children) {
            const { code, stderr } = yield* Effect.promise(() => child.finished)
            assert.strictEqual(code, 1, stderr)
            assert.strictEqual(stderr.split(error).length, 2, stderr)
            assert.notInclude(stderr, "internal error")
          }
          for (const command of [["start", "--config", work.file], ["status"], ["cancel", "00000000"]]) {
            const { code, stderr } = yield* world.cli(...command, "--state", work.url)
            assert.deepStrictEqual([code, stderr], [1, `${error}\n`])
          }
          yield* until(work.isDone)
          next.kill("SIGTERM")
          assert.strictEqual((yield* Effect.promise(() => next.finished)).code, 0)
          yield* once
          yield* work.verify("changes")
        }),
      600_000,
    )
  },
)

/** Versions that did not yet write down who took a run in hand leave it open. */
const isOf = (runner: string | null, child: Started): boolean => runner === null || runner.includes(`-${child.pid}-`)
