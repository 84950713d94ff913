/** Takes the bytes of one window in, within the run's transaction: straight into the table, or by way of staging. */
import type { DestinationError, Run } from "@batch-exports/core"
import { Duration, Effect } from "effect"
import type { Config } from "../config/Config.ts"
import type { Session } from "../connection/Session.ts"
import { setLocal } from "../connection/transactionSettings.ts"
import { copyOptions, frames } from "../encodings.ts"
import * as identifier from "../identifier.ts"
import * as inserts from "../merge/insert.ts"
import * as merging from "../merge/statements.ts"
import type { Layout } from "../target/project.ts"
import { copy, type Incoming } from "./copy.ts"
import type { Intake } from "./intake.ts"
import { againstPolicy, rejected, suppressed } from "./rejected.ts"
import { type StagingKind, stagingName } from "./staging.ts"

export interface Taking {
  readonly config: Pick<Config, "stallTimeout" | "statementTimeout" | "suppressedRows">
  readonly projection: Layout["projection"]
  readonly intake: Intake
  readonly stagingKind: StagingKind
  /** Whether triggers or rules may drop records of the table. */
  readonly watched: boolean
  readonly partitioned: boolean
  /** A UUID of this attempt, for the name of its staging table. */
  readonly attempt: string
}

export interface Taken {
  readonly stored: Run.Stored
  readonly bytes: number
}

export const take = Effect.fn("take")(function* (
  session: Session,
  taking: Taking,
  incoming: Incoming,
): Effect.fn.Return<Taken, DestinationError> {
  const { config, intake, projection } = taking
  const target = identifier.qualified(session.names.schema, session.names.table)
  const fill = (table: string) =>
    copy(session, {
      action: `copying into ${target}`,
      sql: copyStatement(table, projection),
      frame: frames[projection.encoding],
      incoming,
      stallTimeout: config.stallTimeout,
    }).pipe(Effect.mapError((error) => rejected(error, { intake, projection, target })))
  if (intake._tag === "Copy") {
    const { bytes, rows } = yield* fill(target)
    return { bytes, stored: { received: rows, inserted: rows, updated: 0, unchanged: 0 } }
  }

  const tables = { target, staging: stagingName(session.names, taking.stagingKind, taking.attempt) }
  const columns = projection.columns.map(({ field }) => field.name)
  yield* session.query("preparing a staging table", merging.createStaging(tables, taking.stagingKind, columns))
  if (intake._tag === "Merge") {
    yield* session.query("preparing a staging table", merging.requireKey(tables, intake.merge.key))
  }
  const { bytes, rows } = yield* fill(tables.staging)
  const moved = yield* long(session, config, move(session, taking, tables, rows)).pipe(
    Effect.mapError((error) => againstPolicy(error, target)),
  )
  // A part that follows makes its own. What is left by an end before this line goes with the transaction.
  yield* session.query("removing the staging table", `DROP TABLE ${tables.staging}`)
  return { bytes, stored: { ...moved, received: rows, unchanged: rows - moved.inserted - moved.updated } }
})

export const copyStatement = (table: string, { columns, encoding }: Layout["projection"]): string =>
  `COPY ${table} (${columns.map(({ field }) => identifier.quote(field.name)).join(", ")}) FROM STDIN (${copyOptions[encoding]})`

type Moved = Pick<Run.Stored, "inserted" | "updated">

/** One statement over all that was staged, and where triggers might have dropped some of it, the proof that they did not. */
const move = Effect.fnUntraced(function* (
  session: Session,
  taking: Taking,
  tables: merging.Tables,
  staged: number,
): Effect.fn.Return<Moved, DestinationError> {
  const { config, intake, projection } = taking
  const columns = projection.columns.map(({ field }) => field.name)
  const limit = clientLimit(config)
  const action = `${intake._tag === "Merge" ? "merging" : "inserting"} into ${tables.target}`
  const run = (sql: string) => session.query(action, sql, [], "transfer", limit)
  const number = (sql: string) =>
    session
      .query<Record<string, number>>(action, sql, [], "transfer", limit)
      .pipe(Effect.map(({ rows: [row] }) => Object.values(row ?? {})[0] ?? 0))
  const watched = taking.watched && config.suppressedRows === "fail"

  switch (intake._tag) {
    case "Insert": {
      const inserted = (yield* run(inserts.insertAll(tables, columns))).rowCount ?? 0
      if (watched && inserted < staged) return yield* suppressed(tables.target, staged - inserted)
      return { inserted, updated: 0 }
    }
    case "InsertNew":
    case "InsertAbsent": {
      const nullable = intake._tag === "InsertNew" ? [] : intake.nullable
      // Without it, the planner knows nothing of staging, and may look for each record by a scan of the whole table.
      if (intake._tag === "InsertAbsent") yield* run(`ANALYZE ${tables.staging}`)
      const sql =
        intake._tag === "InsertNew"
          ? inserts.insertNew(tables, columns, intake.key)
          : inserts.insertAbsent(tables, columns, intake.key, nullable)
      const inserted = (yield* run(sql)).rowCount ?? 0
      const absent = watched ? yield* number(inserts.countAbsent(tables, intake.key, nullable)) : 0
      if (absent > 0) return yield* suppressed(tables.target, absent)
      return { inserted, updated: 0 }
    }
    case "Merge": {
      const repeated = (yield* number(merging.countRepeatedKeys(tables, intake.merge))) > 0
      const { rows } = yield* session.query<Moved>(
        action,
        merging.merge(tables, intake.merge, { repeated, partitioned: taking.partitioned }),
        [],
        "transfer",
        limit,
      )
      const absent = watched ? yield* number(merging.countBehind(tables, intake.merge)) : 0
      if (absent > 0) return yield* suppressed(tables.target, absent)
      return rows[0] ?? { inserted: 0, updated: 0 }
    }
    case "Copy":
      return { inserted: staged, updated: 0 }
    default:
      return intake satisfies never
  }
})

/** The transaction has no time limit, since COPY runs as long as the source does; these statements have one. */
const long = <A>(
  session: Session,
  { statementTimeout }: Taking["config"],
  work: Effect.Effect<A, DestinationError>,
) => {
  const limit = (millis: number) => {
    const { sql, values } = setLocal([["statement_timeout", String(millis)]])
    return session.query("setting a time limit", sql, values)
  }
  return Effect.tap(Effect.andThen(limit(Math.ceil(Duration.toMillis(statementTimeout))), work), limit(0))
}

/** The server's own limit answers first, and says more. */
const clientLimit = ({ stallTimeout, statementTimeout }: Taking["config"]) =>
  Duration.sum(statementTimeout, stallTimeout)
