/** Millions of rows in flat memory, and a ledger of a million windows. Takes minutes: `npm run test:volume`. */
import type { Run } from "@batch-exports/core"
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { freshSchema, Postgres } from "../support/database.ts"
import { pairRows } from "../support/model.ts"
import { count, destination, exportText, hours, runOf, settingsFor } from "../support/run.ts"

interface Said {
  readonly stored: Run.Stored
  readonly bytes: number
  readonly peakBytes: number
}

const program = fileURLToPath(new URL("exportRows.ts", import.meta.url))

const exportRows = (settings: object, kind: string, rows: number) =>
  Effect.promise(async () => {
    const child = fork(program, [JSON.stringify(settings), kind, String(rows)], {
      execArgv: ["--conditions=@batch-exports/source"],
    })
    const [said] = (await Promise.race([
      once(child, "message"),
      once(child, "exit").then(([code]) => Promise.reject(new Error(`the export ended with ${code}`))),
    ])) as [Said]
    return said
  })

const megabytes = (bytes: number) => Math.round(bytes / 1_000_000)

layer(Postgres.layer, { excludeTestServices: true })("volume", (it) => {
  for (const [kind, few, many] of [
    // The few are enough for the process to have grown as far as it does: V8 lets about 64 MB of read buffers lie.
    ["append", 2_000_000, 5_000_000],
    ["merge", 1_000_000, 2_000_000],
  ] as const) {
    it.effect(
      `${kind}: memory does not grow from ${few} to ${many} rows`,
      () =>
        Effect.gen(function* () {
          const schema = yield* freshSchema
          const peaks: Array<number> = []
          for (const rows of [few, many]) {
            const table = `${kind}_${rows}`
            const settings = yield* settingsFor(schema, { table, sslmode: "disable", rootCertificate: undefined })
            const started = performance.now()
            const { bytes, peakBytes, stored } = yield* exportRows(settings, kind, rows)
            const seconds = (performance.now() - started) / 1000
            console.log(
              `${kind} ${rows} rows, ${megabytes(bytes)} MB: ${seconds.toFixed(1)} s, ${Math.round(rows / seconds)} rows/s, peak ${megabytes(peakBytes)} MB`,
            )
            assert.deepStrictEqual(stored, { received: rows, inserted: rows, updated: 0, unchanged: 0 })
            assert.strictEqual(yield* count(schema, table), rows)
            peaks.push(peakBytes)
          }
          const [low = 0, high = 0] = peaks
          assert.isBelow(high, low * 1.1)
        }),
      1_800_000,
    )
  }

  it.effect(
    "a ledger of a million windows is opened and claimed by its indexes",
    () =>
      Effect.gen(function* () {
        const schema = yield* freshSchema
        const { sql } = yield* Postgres
        const to = yield* destination(schema)
        yield* exportText(to, runOf(), pairRows(1))
        const ledger = `${schema}.batch_exports_ledger`
        const copied = "export_key, export, model, run, claim, target_table, target_oid, definition, committed_at"
        yield* sql(`INSERT INTO ${ledger} (window_start, window_end, ${copied})
          SELECT window_start + i * interval '1 hour', window_end + i * interval '1 hour', ${copied}
          FROM ${ledger}, generate_series(1, 999999) AS i`)
        yield* sql(`VACUUM ANALYZE ${ledger}`)
        const scans = Effect.map(
          sql<{ n: number }>(`SELECT seq_scan::int4 AS n FROM pg_stat_user_tables WHERE relid = $1::regclass`, [
            ledger,
          ]),
          ([row]) => row?.n,
        )
        yield* sql("SELECT pg_stat_force_next_flush()")
        const before = yield* scans
        const started = performance.now()
        assert.deepStrictEqual((yield* to.plan(runOf({ window: hours(5, 9) }))).missing, [])
        yield* exportText(to, runOf({ window: hours(-3, 2) }), pairRows(1))
        console.log(`a plan and an export beside 1,000,000 windows: ${Math.round(performance.now() - started)} ms`)
        assert.strictEqual(yield* scans, before)
      }),
    1_800_000,
  )
})
