/** Rows that come after their window was exported: found by `verify`, brought by `repair`, never doubled. */
import { type Destination, type Model, Window } from "@batch-exports/core"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it as plain, layer } from "@effect/vitest"
import { DateTime, Effect, Logger, Metric, Result } from "effect"
import { randomUUID } from "node:crypto"
import { join } from "node:path"
import { byRunner, here } from "../src/cli/repairRuns.ts"
import type { RepairData } from "../src/cli/repair.ts"
import type { VerifyData } from "../src/cli/verify.ts"
import { Definitions } from "../src/runner/Definitions.ts"
import { countingLate, isDue } from "../src/runner/lateRows.ts"
import { runExport } from "../src/runExport.ts"
import { plan } from "../src/verify/repair.ts"
import { repairMode } from "../src/verify/repairable.ts"
import { isCounted, judge, questions, type Verdict } from "../src/verify/verdict.ts"
import { verify } from "../src/verify/verify.ts"
import { clickHouseClient } from "./support/clients.ts"
import { configuration, withRunner } from "./support/runner.ts"
import { format, World } from "./support/World.ts"

const hours = (from: number, to: number) =>
  new Window.Window({ start: DateTime.makeUnsafe(from * 3_600_000), end: DateTime.makeUnsafe(to * 3_600_000) })

describe("what a recount says", () => {
  const row = (window: Window.Window, rows: number, definition = "now"): Destination.LedgerRow => ({
    export: "e",
    window,
    run: "r",
    definition,
    rows,
    bytes: 0,
    committedAt: DateTime.makeUnsafe(0),
  })
  const append = { identity: "Append", endless: false, definition: "now" } as const
  const upsert = { ...append, identity: "Upsert" } as const

  plain("looks at the windows of the ledger and at the gaps between them", () => {
    const ledger = [row(hours(0, 1), 1), row(hours(1, 2), 2), row(hours(5, 6), 3), row(hours(8, 9), 4)]
    const found = questions(ledger, hours(1, 6))
    assert.deepStrictEqual(
      found.map(({ row: of, window }) => [Window.format(window), of?.rows]),
      [
        [Window.format(hours(1, 2)), 2],
        [Window.format(hours(2, 5)), undefined],
        [Window.format(hours(5, 6)), 3],
      ],
    )
    assert.deepStrictEqual(questions(ledger, hours(10, 11)), [])
    assert.deepStrictEqual(questions([], hours(0, 1)), [])
  })

  const cases: ReadonlyArray<readonly [string, Parameters<typeof judge>, Verdict]> = [
    ["as many", [{ window: hours(0, 1), row: row(hours(0, 1), 5) }, append, 5], "equal"],
    ["more", [{ window: hours(0, 1), row: row(hours(0, 1), 5) }, append, 6], "late"],
    ["fewer", [{ window: hours(0, 1), row: row(hours(0, 1), 5) }, append, 4], "fewer"],
    ["more of what changes", [{ window: hours(0, 1), row: row(hours(0, 1), 5) }, upsert, 6], "late"],
    ["fewer of what changes", [{ window: hours(0, 1), row: row(hours(0, 1), 5) }, upsert, 4], "changing"],
    ["not counted", [{ window: hours(0, 1), row: row(hours(0, 1), 5) }, upsert, undefined], "changing"],
    ["another definition", [{ window: hours(0, 1), row: row(hours(0, 1), 5, "then") }, append, undefined], "redefined"],
    ["an empty gap", [{ window: hours(0, 1), row: undefined }, append, 0], "equal"],
    ["a gap with rows", [{ window: hours(0, 1), row: undefined }, append, 1], "missing"],
  ]
  for (const [what, given, verdict] of cases) {
    plain(`${what}: ${verdict}`, () => assert.strictEqual(judge(...given).verdict, verdict))
  }

  plain("asks the source only where something follows from it", () => {
    const window = hours(0, 1)
    assert.isTrue(isCounted({ window, row: row(window, 1) }, append))
    assert.isFalse(isCounted({ window, row: row(window, 1, "then") }, append))
    assert.isFalse(isCounted({ window, row: row(window, 1) }, { ...upsert, endless: true }))
    assert.isTrue(isCounted({ window, row: undefined }, { ...upsert, endless: true }))
  })

  plain("comes once at each age, however far apart the rounds are", () => {
    const hour = 3_600_000
    // One round takes a quarter of an hour, one fails, and one comes late.
    const rounds = [0, 1.25, 2.5, 4.75, 6, 7, 23.5, 24.6, 26, 32].map((at) => at * hour)
    for (let exported = hour / 7; exported < 6 * hour; exported += hour / 7) {
      const met = rounds.slice(1).filter((now, index) => isDue(exported, { since: rounds[index] ?? 0, now }))
      assert.lengthOf(met, 2, `exported at ${exported}`)
      assert.isAtLeast((met[0] ?? 0) - exported, hour)
      assert.isAtLeast((met[1] ?? 0) - exported, 23 * hour)
    }
  })

  plain("knows what can be repaired, and says what to do where nothing can", () => {
    const plugin = (...modes: ReadonlyArray<"force" | "fill">) => ({
      title: "Somewhere",
      capabilities: { modes: ["once", ...modes] } as unknown as Destination.Plugin["capabilities"],
    })
    const of = (identity: Model.Identity, to: ReturnType<typeof plugin>, endless = false) =>
      repairMode({ export: "my export", identity, endless, plugin: to })
    const keyed: Model.Identity = { _tag: "Append", dedupeKey: ["id"] }
    const versioned: Model.Identity = { _tag: "Upsert", key: ["id"], versions: [{ version: "v", fields: [] }] }
    const lastRead: Model.Identity = { _tag: "Upsert", key: ["id"], versions: [] }
    assert.deepStrictEqual(of(keyed, plugin("force", "fill")), Result.succeed("fill"))
    assert.deepStrictEqual(of(versioned, plugin("force")), Result.succeed("force"))
    assert.deepStrictEqual(of(lastRead, plugin("force"), true), Result.succeed("force"))
    for (const [refused, remedy] of [
      [of(keyed, plugin("force")), /ledger forget 'my export' --window/],
      [of({ _tag: "Append" }, plugin("force", "fill")), /Give the model a key/],
      [of(lastRead, plugin("force", "fill")), /version/],
      [of(versioned, plugin()), /ledger forget 'my export' --window/],
    ] as const) {
      if (Result.isSuccess(refused)) assert.fail("it was not refused")
      assert.match(refused.failure.remedy, remedy)
    }
  })
})

layer(World.layer({ windows: 3, rows: 900 }), { timeout: 120_000, excludeTestServices: true })("late rows", (it) => {
  const clickHouse = Effect.gen(function* () {
    const { ch } = yield* World
    const client = yield* clickHouseClient(ch)
    return (query: string) =>
      Effect.promise(() => client.command({ query, clickhouse_settings: { mutations_sync: "1" } }))
  })
  const definition = (file: string, env: NodeJS.ProcessEnv) => {
    const found = configuration(file, env).exports.get("events")
    return found ?? assert.fail("no export")
  }

  it.effect("of events are found, and brought by the runner or without one", () =>
    Effect.gen(function* () {
      const world = yield* World
      const command = yield* clickHouse
      const names = { table: "late", ledgerTable: "late_ledger" }
      const file = world.config({ destination: names })
      const [first, , third] = world.windows
      const events = definition(file, world.env)
      for (const each of [first, third]) {
        yield* runExport({
          export: events,
          window: yield* Effect.fromResult(Window.parse(format(each))),
          runId: randomUUID(),
        })
      }
      const span = ["--from", first!.start.toISOString(), "--to", third!.end.toISOString(), "--config", file]
      const verified = (...more: ReadonlyArray<string>) => world.cli("verify", "events", ...span, ...more)
      const late = (ids: string) =>
        command(`INSERT INTO posthog.events (uuid, event, properties, timestamp, team_id, distinct_id, _timestamp, inserted_at)
          SELECT ${ids}, 'late', '{}', now64(6), 1, 'somebody', toDateTime('2026-01-31 06:30:00', 'UTC'),
            toDateTime64('2026-01-31 06:30:00', 6, 'UTC') FROM numbers(7)`)

      // The window between was never exported.
      const before = yield* verified("--json")
      assert.strictEqual(before.code, 3, before.stderr)
      const seen = JSON.parse(before.stdout) as VerifyData
      assert.deepStrictEqual(
        seen.windows.map(({ verdict, window }) => [window, verdict]),
        [
          [format(first), "equal"],
          [format(world.windows[1]), "missing"],
          [format(third), "equal"],
        ],
      )
      assert.strictEqual(seen.lacking, seen.windows[1]?.sourceRows)
      yield* world.run(1, file)

      yield* late("generateUUIDv4(number)")
      const found = yield* verified()
      assert.strictEqual(found.code, 3)
      assert.match(found.stdout, /\+7 +came after the export: batch-exports repair brings them/)
      assert.match(found.stdout, /3 windows: 7 rows not exported/)

      const said: Array<string> = []
      const settings = configuration(file, world.env)
      yield* Effect.flatMap(countingLate([0]), (round) => Effect.andThen(round(), round())).pipe(
        Effect.provide(Definitions.layer(settings)),
        Effect.provide(Logger.layer([Logger.make(({ message }) => void said.push(String(message)))])),
      )
      assert.lengthOf(said, 1)
      assert.match(
        said[0] ?? "",
        /^7 rows came after .* batch-exports repair events --from 2026-01-31T06:00:00.000Z --to/,
      )
      const figures = yield* Metric.snapshot
      const figure = figures.find(({ id }) => id === "batch_exports_late_rows")
      assert.deepInclude(figure?.state, { value: 7 })

      const data = join(world.folder, "repairing")
      const repaired = yield* withRunner(
        configuration(file, world.env),
        data,
      )(world.cli("repair", "events", ...span, "--data", data, "--json"))
      assert.strictEqual(repaired.code, 0, repaired.stderr)
      const [window, ...others] = (JSON.parse(repaired.stdout) as { windows: ReadonlyArray<RepairData> }).windows
      assert.deepInclude(window, { window: format(first), state: "completed", inserted: 7, error: null })
      assert.strictEqual(window?.received, (seen.windows[0]?.ledgerRows ?? 0) + 7)
      assert.deepStrictEqual(others, [])
      const left = yield* byRunner(
        events,
        { mode: "fill", windows: [hours(0, 1)] },
        { data: { _tag: "Folder", folder: data }, json: true },
        0,
      ).pipe(Effect.provide(NodeServices.layer))
      assert.match(left[0]?.error ?? "", /the runner has stopped/)

      yield* late("generateUUIDv4(number)")
      const again = yield* world.cli("repair", "events", ...span, "--data", join(world.folder, "nobody"))
      assert.strictEqual(again.code, 0, again.stderr)
      assert.match(again.stdout, /looked at +brought/)

      const after = yield* verified()
      assert.strictEqual(after.code, 0, after.stdout)
      assert.match(after.stdout, /3 windows: nothing is missing/)
      const comparison = yield* world.compare(world.windows, names.table)
      assert.isTrue(comparison.equal, JSON.stringify(comparison.windows.filter(({ equal }) => !equal)))
      const [rows] = yield* world.query<{ late: number; ids: number }>(
        `SELECT count(*)::int AS late, count(DISTINCT uuid)::int AS ids FROM ${world.schema}.late WHERE event = 'late'`,
      )
      assert.deepStrictEqual(rows, { late: 14, ids: 14 })
      assert.strictEqual(
        (yield* plan({ export: events, source: yield* events.source.open, range: hours(0, 1e6) }).pipe(
          Effect.map(Result.getOrThrow),
        )).windows.length,
        0,
      )

      // What is gone from the source is no fault of the export.
      yield* command("ALTER TABLE posthog.events DELETE WHERE event = 'late'")
      const gone = yield* verify({ export: events, source: yield* events.source.open, range: hours(0, 1e6) })
      assert.deepStrictEqual(
        gone.map(({ verdict }) => verdict),
        ["fewer", "equal", "equal"],
      )
    }),
  )

  it.effect("of records that change are sent again, and turn nothing back", () =>
    Effect.gen(function* () {
      const world = yield* World
      const command = yield* clickHouse
      const at = (minute: number, second = 0) =>
        `toDateTime64('2026-01-31 06:00:00', 3, 'UTC') + ${minute * 60 + second}`
      yield* command(
        "CREATE TABLE posthog.orders (id UInt32, state String, at DateTime64(3, 'UTC')) ENGINE = MergeTree ORDER BY id",
      )
      yield* command(`INSERT INTO posthog.orders VALUES (1, 'new', ${at(10)}), (2, 'old', ${at(10)})`)
      const ledgerTable = "orders_ledger"
      const model = { name: "table", table: "orders", time: "at", key: ["id"], teamId: undefined }
      const orders = definition(world.config({ model, destination: { table: "orders", ledgerTable } }), world.env)
      const run = (index: number) =>
        Effect.flatMap(Effect.fromResult(Window.parse(format(world.windows[index]))), (window) =>
          runExport({ export: orders, window, runId: randomUUID() }),
        )
      yield* run(0)
      yield* command(`INSERT INTO posthog.orders VALUES (2, 'newer', ${at(70)})`)
      yield* run(1)
      yield* command(`INSERT INTO posthog.orders VALUES (2, 'late and old', ${at(20)}), (3, 'late', ${at(20)})`)
      const options = { export: orders, source: yield* orders.source.open, range: hours(0, 1e6) }
      const planned = Result.getOrThrow(yield* plan(options))
      assert.deepStrictEqual(planned.mode, "force")
      assert.strictEqual(planned.windows.length, 2)
      const done = yield* here(orders, planned, true)
      assert.deepStrictEqual(
        done.map(({ error, stored }) => [stored.inserted, stored.updated, error]),
        [
          [1, 0, undefined],
          [0, 0, undefined],
        ],
      )
      assert.deepStrictEqual(yield* world.query(`SELECT id::int, state FROM ${world.schema}.orders ORDER BY id`), [
        { id: 1, state: "new" },
        { id: 2, state: "newer" },
        { id: 3, state: "late" },
      ])
      const verdicts = (yield* verify(options)).map(({ verdict }) => verdict)
      assert.deepStrictEqual(verdicts, ["equal", "equal"])
    }),
  )
})
