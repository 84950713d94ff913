/** The statements of the ledger. Pure: a builder for each, and the statement that creates the table. */
import { Window } from "@batch-exports/core"
import { DateTime } from "effect"
import * as identifier from "../identifier.ts"
import { exportKey } from "./exportKey.ts"

export interface Statement {
  readonly sql: string
  readonly values: ReadonlyArray<unknown>
}

export interface Place {
  readonly schema: string
  readonly ledgerTable: string
}

export interface Claim {
  readonly export: string
  readonly model: string
  readonly definition: string
  readonly run: string
  /** One UUID per opened sink: tells this attempt's rows from those of another attempt of the same run. */
  readonly claim: string
  readonly targetTable: string
  readonly targetOid: number
}

const name = ({ ledgerTable, schema }: Place) => identifier.qualified(schema, ledgerTable)

/** Needed in every ledger; another program's table of the same name will not have them all. */
export const columns = [
  "export_key",
  "export",
  "model",
  "window_start",
  "window_end",
  "run",
  "claim",
  "target_table",
  "target_oid",
  "definition",
  "rows",
  "bytes",
  "claimed_at",
  "committed_at",
] as const

/**
 * The constraint is what makes a window exported once: windows of one export that overlap exclude each other, whoever
 * writes them. Ranges, because a plain bigint has no GiST operators without an extension.
 */
export const createLedger = (place: Place): string => `CREATE TABLE ${name(place)} (
  export_key BIGINT NOT NULL,
  export TEXT NOT NULL,
  model TEXT NOT NULL,
  window_start TIMESTAMP WITH TIME ZONE NOT NULL,
  window_end TIMESTAMP WITH TIME ZONE NOT NULL,
  run TEXT NOT NULL,
  claim UUID NOT NULL,
  target_table TEXT NOT NULL,
  target_oid OID NOT NULL,
  definition TEXT NOT NULL,
  "rows" BIGINT NOT NULL DEFAULT 0,
  bytes BIGINT NOT NULL DEFAULT 0,
  claimed_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT clock_timestamp(),
  committed_at TIMESTAMP WITH TIME ZONE,
  PRIMARY KEY (export_key, window_start),
  CHECK (window_start < window_end),
  EXCLUDE USING gist (int8range(export_key, export_key, '[]') WITH =, tstzrange(window_start, window_end) WITH &&)
)`

/** Waits while another transaction holds an overlapping window, then inserts nothing if that one committed. */
export const claim = (place: Place, of: Claim, window: Window.Window): Statement => ({
  sql: `INSERT INTO ${name(place)}
          (export_key, export, model, window_start, window_end, run, claim, target_table, target_oid, definition)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING`,
  values: [
    exportKey(of.export),
    of.export,
    of.model,
    ...bounds(window),
    of.run,
    of.claim,
    of.targetTable,
    of.targetOid,
    of.definition,
  ],
})

/**
 * Takes over the row of a window that is exported again. Waits while another transaction does so, and takes nothing if that was
 * another attempt of this very run: its commit may have been under way, unseen, when the ledger was read.
 */
export const retake = (place: Place, of: Claim, window: Window.Window): Statement => ({
  sql: `UPDATE ${name(place)} SET model = $5, run = $6, claim = $7, target_table = $8, target_oid = $9, definition = $10,
          "rows" = 0, bytes = 0, claimed_at = clock_timestamp(), committed_at = NULL
        WHERE ${sameExport} AND export = $2 AND window_start = $3 AND window_end = $4 AND run <> $6`,
  values: [
    exportKey(of.export),
    of.export,
    ...bounds(window),
    of.model,
    of.run,
    of.claim,
    of.targetTable,
    of.targetOid,
    of.definition,
  ],
})

/** Answers with the instant that the ledger will show. */
export const complete = (
  place: Place,
  of: Claim,
  part: { readonly window: Window.Window; readonly rows: number; readonly bytes: number },
): Statement => ({
  sql: `UPDATE ${name(place)} SET "rows" = $5, bytes = $6, committed_at = clock_timestamp()
        WHERE ${sameExport} AND claim = $4 AND window_start = $2 AND window_end = $3
        RETURNING ${millis("committed_at")} AS "committedAt"`,
  values: [exportKey(of.export), ...bounds(part.window), of.claim, part.rows, part.bytes],
})

export interface Overlap {
  readonly start: number
  readonly end: number
  readonly run: string
  readonly claim: string
  readonly definition: string
  readonly committedAt: number | null
}

/** The committed rows that overlap a window. `settled`: waits until whoever is changing them has committed or given up. */
export const overlapping = (place: Place, exportName: string, window: Window.Window, settled = false): Statement => ({
  sql: `SELECT ${millis("window_start")} AS "start", ${millis("window_end")} AS "end", run, claim, definition,
               ${millis("committed_at")} AS "committedAt"
        FROM ${name(place)}
        WHERE ${inConstraint} AND tstzrange(window_start, window_end) && tstzrange($2, $3) AND export = $4
        ORDER BY window_start${settled ? " FOR UPDATE" : ""}`,
  values: [exportKey(exportName), ...bounds(window), exportName],
})

/** Whether a window that begins at an instant or later is committed. */
export const later = (place: Place, exportName: string, from: DateTime.Utc): Statement => ({
  sql: `SELECT 1 FROM ${name(place)} WHERE ${sameExport} AND export = $2 AND window_start >= $3 ORDER BY window_start LIMIT 1`,
  values: [exportKey(exportName), exportName, DateTime.formatIso(from)],
})

/**
 * One row of this export that speaks of another table than the one with this OID (null: of any table). The first and the last
 * are asked: no run adds a row while there is such a one, so all rows of an export speak of one table, however many they are.
 */
export const foreign = (place: Place, exportName: string, targetOid: number | null): Statement => {
  const end = (direction: "ASC" | "DESC") =>
    `(SELECT target_table, target_oid FROM ${name(place)} WHERE ${sameExport} AND export = $2 ORDER BY window_start ${direction} LIMIT 1)`
  return {
    sql: `SELECT target_table AS "targetTable", target_oid AS "targetOid" FROM (${end("ASC")} UNION ALL ${end("DESC")}) AS ends
          WHERE $3::oid IS NULL OR target_oid <> $3::oid LIMIT 1`,
    values: [exportKey(exportName), exportName, targetOid],
  }
}

export interface StoredRow {
  readonly start: number
  readonly end: number
  readonly run: string
  readonly definition: string
  readonly rows: number
  readonly bytes: number
  readonly committedAt: number
}

/** One page of an export's rows. Windows of one export never overlap, so their start is a key. */
export const page = (place: Place, exportName: string, after: string, size: number): Statement => ({
  sql: `SELECT ${millis("window_start")} AS "start", ${millis("window_end")} AS "end", run, definition,
               "rows"::int8 AS "rows", bytes::int8 AS "bytes",
               ${millis("coalesce(committed_at, claimed_at)")} AS "committedAt"
        FROM ${name(place)} WHERE ${sameExport} AND export = $2 AND window_start > $3::timestamptz
        ORDER BY window_start LIMIT $4`,
  values: [exportKey(exportName), exportName, after, size],
})

/** Rows of an export that lie within a window, or all of them. The records stay. */
export const forget = (place: Place, exportName: string, window: Window.Window | undefined): Statement => ({
  sql: `DELETE FROM ${name(place)} WHERE ${sameExport} AND export = $2
        AND ($3::timestamptz IS NULL OR tstzrange(window_start, window_end) <@ tstzrange($3, $4::timestamptz))`,
  values: [exportKey(exportName), exportName, ...(window === undefined ? [null, null] : bounds(window))],
})

/** Says that the table with this OID holds what the export's rows say. */
export const accept = (place: Place, exportName: string, targetTable: string, targetOid: number): Statement => ({
  sql: `UPDATE ${name(place)} SET target_table = $3, target_oid = $4::oid
        WHERE ${sameExport} AND export = $2 AND (target_table, target_oid) IS DISTINCT FROM ($3, $4::oid)`,
  values: [exportKey(exportName), exportName, targetTable, targetOid],
})

/** By the primary key. */
const sameExport = "export_key = $1::bigint"

/** In the form of the constraint, so that its index answers. */
const inConstraint = `int8range(export_key, export_key, '[]') = int8range($1::bigint, $1::bigint, '[]')`

/** Windows are exact to the millisecond. */
const millis = (expression: string) => `round(extract(epoch FROM ${expression}) * 1000)::int8`

const bounds = (window: Window.Window): [string, string] => [
  DateTime.formatIso(window.start),
  DateTime.formatIso(window.end),
]
