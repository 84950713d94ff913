/** Reads the ledger: whether it is there and usable, which windows it holds, and for which table. */
import { type Destination, DestinationError, shellWord, Window } from "@batch-exports/core"
import { DateTime, Effect, Option, Stream } from "effect"
import { connect, type Session } from "../connection/Session.ts"
import type { Config } from "../config/Config.ts"
import { grantLedger } from "../failure/Circumstances.ts"
import { targetChanged } from "../failure/targetChanged.ts"
import * as identifier from "../identifier.ts"
import { readColumns, readRelation, type Relation } from "../target/Target.ts"
import * as statements from "./statements.ts"

/** Undefined: there is none yet. Fails when there is one that cannot be used: making another would forget every window. */
export const findLedger = Effect.fnUntraced(function* (
  session: Session,
): Effect.fn.Return<Relation | undefined, DestinationError> {
  const { ledgerTable, schema } = session.names
  const relation = yield* readRelation(session, ledgerTable)
  if (relation === undefined) return undefined
  const unusable = (problem: string, remedy: string) =>
    new DestinationError({
      reason: "LedgerUnusable",
      message: `The ledger ${identifier.qualified(schema, ledgerTable)} ${problem}`,
      remedy,
    })
  const notALedger = "Set ledgerTable to another name, or rename that table."
  if (relation.kind !== "r") return yield* unusable("is not an ordinary table", notALedger)
  const missing = (["select", "insert", "update"] as const).filter((privilege) => !relation[privilege])
  if (missing.length > 0) {
    return yield* unusable(
      `cannot be used: ${missing.map((privilege) => privilege.toUpperCase()).join(", ")} is not granted`,
      `Run as its owner: ${grantLedger(session.names)}`,
    )
  }
  if (relation.rowSecurity) {
    return yield* unusable("has row-level security, which may hide windows", "Turn row-level security off for it.")
  }
  if (relation.persistence !== "p") {
    return yield* unusable(
      "is UNLOGGED, and would forget every window in a crash",
      `Run: ALTER TABLE ${identifier.qualified(schema, ledgerTable)} SET LOGGED;`,
    )
  }
  const present = new Set((yield* readColumns(session, relation.oid)).map((column) => column.name))
  const absent = statements.columns.filter((column) => !present.has(column))
  if (absent.length > 0) return yield* unusable(`has no column ${absent.join(", ")}: it is not a ledger`, notALedger)
  const { rows } = yield* session.query<{ definition: string }>(
    "looking for the ledger's constraint",
    `SELECT pg_get_constraintdef(oid) AS "definition" FROM pg_catalog.pg_constraint
     WHERE conrelid = $1 AND contype = 'x' AND NOT condeferrable`,
    [relation.oid],
  )
  if (!rows.some(({ definition }) => /export_key.+ WITH =.+window_start.+ WITH &&/s.test(definition))) {
    return yield* unusable(
      "has lost its exclusion constraint, without which a window could be exported twice",
      `Restore it: ALTER TABLE ${identifier.qualified(schema, ledgerTable)} ADD EXCLUDE USING gist (int8range(export_key, export_key, '[]') WITH =, tstzrange(window_start, window_end) WITH &&);`,
    )
  }
  return relation
})

export const overlapping = (session: Session, exportName: string, window: Window.Window, settled = false) => {
  const { sql, values } = statements.overlapping(session.names, exportName, window, settled)
  return session
    .query<statements.Overlap>("reading the ledger", sql, values)
    .pipe(Effect.map(({ rows }) => rows.map((row) => ({ ...row, window: toWindow(row) }))))
}

/** Whether a window that begins at this instant or later is committed. */
export const holdsLater = (session: Session, exportName: string, from: DateTime.Utc) => {
  const { sql, values } = statements.later(session.names, exportName, from)
  return session.query("reading the ledger", sql, values).pipe(Effect.map(({ rows }) => rows.length > 0))
}

const toWindow = (row: { readonly start: number; readonly end: number }): Window.Window =>
  new Window.Window({ start: DateTime.makeUnsafe(row.start), end: DateTime.makeUnsafe(row.end) })

/**
 * Fails when the ledger's windows were written to another table than the one that now has the name. `targetOid` was read
 * before the ledger: another run may have created the table, and committed, in between. That is no replacement.
 */
export const verifyTarget = Effect.fnUntraced(function* (
  session: Session,
  exportName: string,
  targetOid: number | null,
): Effect.fn.Return<void, DestinationError> {
  const { sql, values } = statements.foreign(session.names, exportName, targetOid)
  const { rows } = yield* session.query<{ targetTable: string; targetOid: number }>("reading the ledger", sql, values)
  const [row] = rows
  if (row === undefined) return
  const now = yield* readRelation(session, session.names.table)
  if ((now?.oid ?? null) !== targetOid) return yield* targetChanged(session.names)
  const table = identifier.qualified(session.names.schema, session.names.table)
  return yield* new DestinationError({
    reason: "TargetReplaced",
    message:
      targetOid === null
        ? `The ledger says that windows of export "${exportName}" are in ${row.targetTable}; ${table} does not exist`
        : `The ledger says that windows of export "${exportName}" are in ${row.targetTable} (OID ${row.targetOid}); ${table} is another table (OID ${targetOid})`,
    remedy: `To export its windows again: batch-exports ledger forget ${shellWord(exportName)} --all.${
      targetOid === null
        ? ""
        : ` If the table holds the records already (it was restored or copied): batch-exports ledger accept ${shellWord(exportName)}.`
    } Or give the export a new name.`,
  })
})

const pageSize = 10_000

/** The committed windows of an export, in order of start. No ledger yet: none. */
export const read = (config: Config, exportName: string): Stream.Stream<Destination.LedgerRow, DestinationError> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const session = yield* connect(config)
      if ((yield* findLedger(session)) === undefined) return Stream.empty
      return Stream.paginate("-infinity", (after) => {
        const { sql, values } = statements.page(session.names, exportName, after, pageSize)
        return session.query<statements.StoredRow>("reading the ledger", sql, values).pipe(
          Effect.map(({ rows }) => {
            const last = rows.at(-1)
            return [
              rows.map((row) => toLedgerRow(exportName, row)),
              last === undefined || rows.length < pageSize
                ? Option.none<string>()
                : Option.some(DateTime.formatIso(DateTime.makeUnsafe(last.start))),
            ] as const
          }),
        )
      })
    }),
  )

const toLedgerRow = (exportName: string, row: statements.StoredRow): Destination.LedgerRow => ({
  export: exportName,
  window: toWindow(row),
  run: row.run,
  definition: row.definition,
  rows: row.rows,
  bytes: row.bytes,
  committedAt: DateTime.makeUnsafe(row.committedAt),
})
