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

export const migrate = Migrator.make({})({
  table: "batch_exports_migrations",
  loader: Migrator.fromRecord({
    "0001_first": first,
    "0002_wishes": wishes,
    "0003_places": places,
    "0004_stored_exports": storedExports,
  }),
})
