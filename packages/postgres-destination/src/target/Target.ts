/** The table as it is in the catalog, and what the log-in role may do with it. Read by name, without touching it. */
import { Effect } from "effect"
import type { DestinationError } from "@batch-exports/core"
import type { Session } from "../connection/Session.ts"

export interface Column {
  readonly name: string
  /** As `format_type` says it. */
  readonly declared: string
  readonly typeOid: number
  readonly typmod: number
  /** The base type's name, where it is Postgres's own; of a domain, that of the type beneath. */
  readonly type: string | null
  readonly baseTypmod: number
  readonly element: string | null
  readonly notNull: boolean
  readonly hasDefault: boolean
  /** Filled by the server alone: a generated column, or an identity column that takes no values. */
  readonly serverFilled: boolean
}

export interface Relation {
  readonly oid: number
  /** `pg_class.relkind`: r table, p partitioned table, v view, m materialized view, f foreign table … */
  readonly kind: string
  /** `pg_class.relpersistence`: p permanent, u unlogged. */
  readonly persistence: string
  readonly rowSecurity: boolean
  readonly select: boolean
  readonly insert: boolean
  readonly update: boolean
}

export interface Target extends Relation {
  readonly columns: ReadonlyArray<Column>
}

export interface SchemaAccess {
  readonly usage: boolean
  readonly create: boolean
}

export const readSchema = (session: Session): Effect.Effect<SchemaAccess | undefined, DestinationError> =>
  session
    .query<SchemaAccess>(
      "looking for the schema",
      `SELECT has_schema_privilege(oid, 'USAGE') AS "usage", has_schema_privilege(oid, 'CREATE') AS "create"
       FROM pg_catalog.pg_namespace WHERE nspname = $1`,
      [session.names.schema],
    )
    .pipe(Effect.map(({ rows }) => rows[0]))

/** By name in the catalog, not `to_regclass`: that fails, instead of answering, where USAGE on the schema is missing. */
export const readRelation = (session: Session, name: string): Effect.Effect<Relation | undefined, DestinationError> =>
  session
    .query<Relation>(
      "looking for a table",
      `SELECT c.oid, c.relkind AS "kind", c.relpersistence AS "persistence",
              row_security_active(c.oid) AS "rowSecurity",
              has_table_privilege(c.oid, 'SELECT') AS "select",
              has_table_privilege(c.oid, 'INSERT') AS "insert",
              has_table_privilege(c.oid, 'UPDATE') AS "update"
       FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname = $1 AND c.relname = $2`,
      [session.names.schema, name],
    )
    .pipe(Effect.map(({ rows }) => rows[0]))

export const readColumns = (session: Session, oid: number): Effect.Effect<ReadonlyArray<Column>, DestinationError> =>
  session
    .query<Column>(
      "reading the columns of a table",
      // A domain is judged by the type beneath it; its own NOT NULL and default count as the column's.
      `SELECT a.attname AS "name", format_type(a.atttypid, a.atttypmod) AS "declared",
              a.atttypid AS "typeOid", a.atttypmod AS "typmod",
              CASE WHEN ns.nspname = 'pg_catalog' OR b.typname = 'citext' THEN b.typname END AS "type",
              CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END AS "baseTypmod",
              CASE WHEN b.typcategory = 'A' THEN e.typname END AS "element",
              a.attnotnull OR (t.typtype = 'd' AND t.typnotnull) AS "notNull",
              a.atthasdef OR a.attidentity <> '' OR (t.typtype = 'd' AND t.typdefault IS NOT NULL) AS "hasDefault",
              a.attidentity = 'a' OR a.attgenerated <> '' AS "serverFilled"
       FROM pg_catalog.pg_attribute a
       JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
       JOIN pg_catalog.pg_type b ON b.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END
       JOIN pg_catalog.pg_namespace ns ON ns.oid = b.typnamespace
       LEFT JOIN pg_catalog.pg_type e ON e.oid = b.typelem
       WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped
       ORDER BY a.attnum`,
      [oid],
    )
    .pipe(Effect.map(({ rows }) => rows))

export const readTarget = Effect.fnUntraced(function* (
  session: Session,
): Effect.fn.Return<Target | undefined, DestinationError> {
  const relation = yield* readRelation(session, session.names.table)
  if (relation === undefined) return undefined
  return { ...relation, columns: yield* readColumns(session, relation.oid) }
})
