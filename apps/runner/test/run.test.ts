import { Window } from "@batch-exports/core"
import { Effect } from "effect"
import { assert, layer } from "@effect/vitest"
import { randomUUID } from "node:crypto"
import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import type { LedgerRowData } from "../src/cli/ledger.ts"
import type { RunData } from "../src/cli/run.ts"
import * as Config from "../src/config/Config.ts"
import { builtIn } from "../src/plugins.ts"
import * as Retry from "../src/retry.ts"
import { runExport } from "../src/runExport.ts"
import { breakingOff } from "./support/breakingOff.ts"
import { format, World } from "./support/World.ts"

const data = (stdout: string) => JSON.parse(stdout) as RunData

layer(World.layer({ windows: 4, rows: 4_000 }), { timeout: 120_000 })("batch-exports run", (it) => {
  it.effect("plans and checks without touching anything", () =>
    Effect.gen(function* () {
      const world = yield* World
      const file = world.config()
      const planned = yield* world.cli("plan", "events", "--config", file, "--window", format(world.windows[0]))
      assert.strictEqual(planned.code, 0, planned.stderr)
      assert.include(planned.stdout, "CREATE TABLE")
      assert.match(planned.stdout, /properties\s+json\s+jsonb/i)
      const checked = yield* world.cli("check", "events", "--config", file)
      assert.strictEqual(checked.code, 0, checked.stdout + checked.stderr)
      assert.notInclude(checked.stdout, "✗")
      assert.deepStrictEqual(
        yield* world.query(
          `SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = '${world.schema}'`,
        ),
        [],
      )
    }),
  )

  it.effect("exports a window once, and says what it did", () =>
    Effect.gen(function* () {
      const world = yield* World
      const first = yield* world.run(1)
      assert.strictEqual(first.code, 0, first.stderr)
      const exported = data(first.stdout)
      assert.strictEqual(exported.status, "exported")
      assert.isAbove(exported.rows, 900)
      assert.strictEqual(exported.encoding, "postgres-copy-binary")
      assert.include(exported.leftOut, "person_properties")

      const again = yield* world.run(1)
      assert.deepInclude(data(again.stdout), { status: "already-exported", rows: 0 })
      assert.deepStrictEqual(yield* world.counts(), { table: exported.rows, ledger: exported.rows, windows: 1 })
    }),
  )

  it.effect("exports only what is missing of a longer window, and both sides agree", () =>
    Effect.gen(function* () {
      const world = yield* World
      const [first, last] = [world.windows[0], world.windows.at(-1)]
      const whole = `${first?.start.toISOString()}/${last?.end.toISOString()}`
      const [before] = yield* world.query<{ rows: number }>(
        `SELECT sum(rows)::int AS rows FROM ${world.schema}.batch_exports_ledger`,
      )
      const done = yield* world.cli("run", "events", "--json", "--config", world.config(), "--window", whole)
      assert.strictEqual(done.code, 0, done.stderr)
      const ledger = yield* world.query<{ start: Date; end: Date }>(
        `SELECT window_start AS start, window_end AS end FROM ${world.schema}.batch_exports_ledger ORDER BY 1`,
      )
      // The hour before, the hour that was there already, and the two hours after as one window.
      assert.deepStrictEqual(
        ledger.map(({ end, start }) => (end.getTime() - start.getTime()) / 3_600_000),
        [1, 1, 2],
      )
      const comparison = yield* world.compare(ledger)
      assert.deepStrictEqual(
        comparison.windows
          .filter((window) => !window.equal)
          .map((window) => [format(window.window), window.difference]),
        [],
      )
      assert.isTrue(comparison.equal)
      const all = comparison.windows.reduce((sum, window) => sum + window.sourceRows, 0)
      assert.strictEqual(data(done.stdout).rows, all - (before?.rows ?? 0))
    }),
  )

  it.effect("shows its ledger, and forgets windows of it", () =>
    Effect.gen(function* () {
      const world = yield* World
      const file = world.config({ destination: { table: "remembered", ledgerTable: "remembered_ledger" } })
      const ledger = (...args: ReadonlyArray<string>) => world.cli("ledger", ...args, "events", "--config", file)
      assert.match((yield* ledger("show")).stdout, /no windows have been exported/)
      yield* world.run(1, file)
      const shown = yield* ledger("show", "--json")
      const [row] = JSON.parse(shown.stdout) as ReadonlyArray<LedgerRowData>
      assert.strictEqual(row?.window, format(world.windows[1]))
      assert.isAbove(row?.rows ?? 0, 900)
      assert.strictEqual((yield* ledger("forget")).code, 2)
      const forgotten = yield* ledger("forget", "--window", format(world.windows[1]), "--json")
      assert.deepStrictEqual(JSON.parse(forgotten.stdout), { export: "events", forgotten: 1 })
      assert.deepStrictEqual(JSON.parse((yield* ledger("accept", "--json")).stdout), { export: "events", accepted: 0 })
      assert.deepStrictEqual(JSON.parse((yield* ledger("show", "--json")).stdout), [])
    }),
  )

  it.effect("stores the same with COPY text", () =>
    Effect.gen(function* () {
      const world = yield* World
      const names = { table: "by_text", ledgerTable: "by_text_ledger", copyFormat: "text" }
      const file = world.config({ destination: names })
      const done = yield* world.run(2, file)
      assert.strictEqual(done.code, 0, done.stderr)
      assert.strictEqual(data(done.stdout).encoding, "postgres-copy-text")
      const comparison = yield* world.compare(world.windows.slice(2, 3), names.table)
      assert.isTrue(comparison.equal, JSON.stringify(comparison))
      assert.isAbove(comparison.windows[0]?.targetRows ?? 0, 900)
    }),
  )

  it.effect(
    "publishes nothing of an answer that breaks off anywhere, and says what ClickHouse says",
    () =>
      Effect.gen(function* () {
        const world = yield* World
        const server = yield* breakingOff(world.ch.url)
        const folder = join(world.folder, "broken")
        const postgres = (copyFormat: string) => ({
          type: "postgres",
          host: world.server.host,
          port: world.server.port,
          user: "posthog",
          password: "insert-a-strong-password-here",
          database: world.server.database,
          schema: world.schema,
          table: "broken",
          ledgerTable: "broken_ledger",
          copyFormat,
          ...(world.server.ca === undefined ? {} : { rootCertificate: world.server.ca }),
        })
        const { exports } = yield* Effect.fromResult(
          Config.decode(
            {
              sources: {
                analytics: {
                  type: "clickhouse",
                  url: server.url,
                  user: world.ch.user,
                  password: world.ch.password,
                  database: "posthog",
                },
              },
              destinations: { binary: postgres("binary"), text: postgres("text"), jsonl: { type: "file", folder } },
              exports: Object.fromEntries(
                ["binary", "text", "jsonl"].map((destination) => [
                  destination,
                  { model: { name: "events", teamId: "all" }, destination },
                ]),
              ),
            },
            builtIn,
          ),
        )
        const window = yield* Effect.fromResult(Window.parse(format(world.windows[3])))
        for (const [name, definition] of exports) {
          // In the middle of a row, and behind them all with the trailer, as if nothing had happened: the hardest to tell.
          for (server.how of [
            { at: 0.3337, marked: name === "binary", withTrailer: false },
            { at: 1, marked: false, withTrailer: true },
          ]) {
            const limits = { ...Retry.defaults, times: 0 }
            const exporting = runExport({ export: definition, window, runId: randomUUID(), limits })
            // On its own, so that it has the real clock.
            const error = yield* Effect.promise(() => Effect.runPromise(Effect.flip(exporting)))
            const what = `${name}, ${JSON.stringify(server.how)}: ${error.message}`
            assert.strictEqual(error.reason, "MemoryLimit", what)
            assert.include(error.message, "Memory limit (total) exceeded", what)
          }
        }
        assert.deepStrictEqual(yield* world.counts("broken", "broken_ledger"), { table: 0, ledger: 0, windows: 0 })
        const files = existsSync(folder) ? readdirSync(folder, { recursive: true, withFileTypes: true }) : []
        assert.deepStrictEqual(
          files.filter((entry) => entry.isFile() && entry.name.endsWith(".jsonl")).map((entry) => entry.name),
          [],
        )
      }).pipe(Effect.scoped),
    180_000,
  )

  it.effect("counts the same adjusted values as the oracle", () =>
    Effect.gen(function* () {
      const world = yield* World
      const comparison = yield* world.compare()
      for (const [index, compared] of comparison.windows.entries()) {
        const done = yield* world.cli(
          "run",
          "events",
          "--json",
          "--config",
          world.config({ destination: { table: `adjusted_${index}`, ledgerTable: `ledger_${index}` } }),
          "--window",
          format(compared.window),
        )
        assert.strictEqual(done.code, 0, done.stderr)
        assert.deepStrictEqual(positive(data(done.stdout).adjusted), positive(compared.adjusted), `window ${index}`)
      }
    }),
  )

  it.effect("lets one of two runs of a window win, and the other says so", () =>
    Effect.gen(function* () {
      const world = yield* World
      const file = world.config({ destination: { table: "contested", ledgerTable: "contested_ledger" } })
      const both = yield* Effect.all([world.run(0, file), world.run(0, file)], { concurrency: 2 })
      assert.deepStrictEqual(
        both.map(({ code }) => code),
        [0, 0],
        both.map(({ stderr }) => stderr).join("\n"),
      )
      assert.deepStrictEqual(both.map(({ stdout }) => data(stdout).status).sort(), ["already-exported", "exported"])
      const [row] = yield* world.query<{ rows: number; ledger: number }>(
        `SELECT (SELECT count(*)::int FROM ${world.schema}.contested) AS rows, (SELECT sum(rows)::int FROM ${world.schema}.contested_ledger) AS ledger`,
      )
      assert.strictEqual(row?.rows, row?.ledger)
      assert.strictEqual(
        row?.rows,
        both.map(({ stdout }) => data(stdout).rows).reduce((a, b) => a + b, 0),
      )
    }),
  )
})

const positive = (counts: object): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(counts as Record<string, number>).filter(([, n]) => n > 0))
