/**
 * The runner's own tables, beside those of the engine. Times are milliseconds since 1970, lists and records JSON text: the
 * statements mean the same in SQLite and Postgres.
 */
import { Effect } from "effect"
import { Migrator, SqlClient } from "effect/sql"

const first = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const counted = sql.literal(
    sql.onDialectOrElse({
      pg: () => "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
      orElse: () => "INTEGER PRIMARY KEY AUTOINCREMENT",
    }),
  )
  yield* sql`CREATE TABLE exports (
    name TEXT PRIMARY KEY,
    schedule TEXT,
    cursor_at BIGINT,
    next_due_at BIGINT,
    paused_at BIGINT,
    pause_reason TEXT,
    failing_since BIGINT,
    created_at BIGINT NOT NULL,
    removed_at BIGINT
  )`
  yield* sql`CREATE TABLE runs (
    id TEXT PRIMARY KEY,
    export TEXT NOT NULL,
    destination TEXT NOT NULL,
    origin TEXT NOT NULL,
    backfill_id TEXT,
    mode TEXT NOT NULL,
    window_start BIGINT NOT NULL,
    window_end BIGINT NOT NULL,
    state TEXT NOT NULL,
    generation INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    due_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    dispatched_at BIGINT,
    started_at BIGINT,
    finished_at BIGINT,
    heartbeat_at BIGINT,
    progress_bytes BIGINT NOT NULL DEFAULT 0,
    cancel_requested INTEGER NOT NULL DEFAULT 0,
    already_exported INTEGER NOT NULL DEFAULT 0,
    rows_received BIGINT,
    rows_inserted BIGINT,
    rows_updated BIGINT,
    rows_unchanged BIGINT,
    bytes BIGINT,
    encoding TEXT,
    adjusted TEXT,
    left_out TEXT,
    timings TEXT,
    notices TEXT,
    error TEXT
  )`
  yield* sql`CREATE INDEX runs_state ON runs (state, due_at)`
  yield* sql`CREATE INDEX runs_export ON runs (export, window_start)`
  yield* sql`CREATE INDEX runs_backfill ON runs (backfill_id, state)`
  yield* sql`CREATE INDEX runs_finished ON runs (finished_at)`
  yield* sql`CREATE TABLE occurrences (
    export TEXT NOT NULL,
    window_start BIGINT NOT NULL,
    window_end BIGINT NOT NULL,
    occurrences INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    reason TEXT,
    run_id TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (export, window_start)
  )`
  yield* sql`CREATE TABLE backfills (
    id TEXT PRIMARY KEY,
    export TEXT NOT NULL,
    range_start BIGINT NOT NULL,
    range_end BIGINT NOT NULL,
    step TEXT NOT NULL,
    mode TEXT NOT NULL,
    concurrency INTEGER NOT NULL,
    state TEXT NOT NULL,
    cursor_at BIGINT NOT NULL,
    windows INTEGER NOT NULL,
    created_at BIGINT NOT NULL,
    started_at BIGINT,
    finished_at BIGINT,
    message TEXT
  )`
  yield* sql`CREATE INDEX backfills_state ON backfills (state)`
  yield* sql`CREATE TABLE run_logs (
    id ${counted},
    run_id TEXT NOT NULL,
    export TEXT NOT NULL,
    at BIGINT NOT NULL,
    level TEXT NOT NULL,
    message TEXT NOT NULL
  )`
  yield* sql`CREATE INDEX run_logs_run ON run_logs (run_id, id)`
  yield* sql`CREATE INDEX run_logs_export ON run_logs (export, at)`
})

/** By what a person asked for, of runs that are to export again: see Run.wish. */
const wishes = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE runs ADD COLUMN wish INTEGER NOT NULL DEFAULT 0`
})

/** Where a completed run's window went: the ledger of another place knows nothing of it. */
const places = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE runs ADD COLUMN went_to TEXT`
})

/** Exports that were defined over the API; those of the configuration file are not here. */
const storedExports = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE stored_exports (
    name TEXT PRIMARY KEY,
    definition TEXT NOT NULL,
    secrets TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
  )`
})

/**
 * Several runners on one state. `claim` counts who took a run in hand, one after another: only the last of them may say what
 * became of it. `oldest`: the schema version that a runner must know at least to work with these tables.
 */
const runners = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE runs ADD COLUMN claim INTEGER NOT NULL DEFAULT 0`
  yield* sql`ALTER TABLE runs ADD COLUMN runner TEXT`
  yield* sql`CREATE TABLE runners (
    id TEXT PRIMARY KEY,
    version TEXT NOT NULL,
    schema_version INTEGER NOT NULL,
    listen TEXT,
    started_at BIGINT NOT NULL,
    heartbeat_at BIGINT NOT NULL,
    running INTEGER NOT NULL,
    planned_at BIGINT,
    stopping INTEGER NOT NULL
  )`
  yield* sql`CREATE TABLE compatibility (oldest INTEGER NOT NULL)`
  yield* sql`INSERT INTO compatibility (oldest) VALUES (5)`
})

/** What the console asks of one export among hundreds, each with thousands of runs. */
const pages = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE INDEX runs_export_state ON runs (export, state, window_end)`
  yield* sql`CREATE INDEX runs_export_finished ON runs (export, finished_at)`
})

const TABLE = "batch_exports_migrations"

/** In order. What is added must not be in the way of a runner that does not know it; otherwise, raise `compatibility.oldest`. */
const all = {
  "0001_first": first,
  "0002_wishes": wishes,
  "0003_places": places,
  "0004_stored_exports": storedExports,
  "0005_runners": runners,
  "0006_pages": pages,
}

/** The version of the schema that this program knows. */
export const known = Object.keys(all).length

export const migrate = Migrator.make({})({ table: TABLE, loader: Migrator.fromRecord(all) })

/** The version of the schema that is there, and the one that must be known at least to use it. */
export const found = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [latest] = yield* sql<{ version: number | null }>`SELECT MAX(migration_id) AS version FROM ${sql(TABLE)}`
  const version = latest?.version ?? 0
  if (version < 5) return { version, oldest: 1 }
  const [row] = yield* sql<{ oldest: number }>`SELECT MAX(oldest) AS oldest FROM compatibility`
  return { version, oldest: row?.oldest ?? 1 }
})
