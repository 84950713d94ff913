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
  /** `pg_class.relpersistence`: p permanent, u unlogged. Of a partitioned table, u where one partition is. */
  readonly persistence: string
  /** Some partition is a foreign table. */
  readonly foreignParts: boolean
  /** It has rules for INSERT, which may drop records. COPY does not heed them. */
  readonly rules: boolean
  readonly rowSecurity: boolean
  readonly select: boolean
  readonly insert: boolean
  readonly update: boolean
  /** By the role or one that it is a member of: only then may it be altered. */
  readonly owned: boolean
}

export interface Target extends Relation {
  readonly columns: ReadonlyArray<Column>
  readonly uniqueKeys: ReadonlyArray<UniqueKey>
  /** Row triggers, of partitions too, that run before a record is stored, and may drop it or change it. */
  readonly triggers: ReadonlyArray<string>
}

/** Whether an INSERT may store fewer records than it was given. */
export const mayDrop = (target: Target | undefined): boolean =>
  target !== undefined && (target.rules || target.triggers.length > 0)

export interface UniqueKey {
  readonly index: string
  readonly columns: ReadonlyArray<string>
  /** Why ON CONFLICT cannot go by it; null where it can. Continues the sentence "index … is …". */
  readonly unusable: string | null
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

export const mayCreateSchemas = (session: Session): Effect.Effect<boolean, DestinationError> =>
  session
    .query<{ granted: boolean }>(
      "asking for the privilege to create schemas",
      `SELECT has_database_privilege(current_database(), 'CREATE') AS "granted"`,
    )
    .pipe(Effect.map(({ rows: [row] }) => row?.granted === true))

/** By name in the catalog, not `to_regclass`: that fails, instead of answering, where USAGE on the schema is missing. */
export const readRelation = (session: Session, name: string): Effect.Effect<Relation | undefined, DestinationError> =>
  session
    .query<Relation>(
      "looking for a table",
      `WITH parts AS (
         SELECT p.relkind, p.relpersistence FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         CROSS JOIN LATERAL pg_partition_tree(c.oid) AS tree JOIN pg_catalog.pg_class p ON p.oid = tree.relid
         WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind = 'p')
       SELECT c.oid, c.relkind AS "kind",
              CASE WHEN EXISTS (SELECT FROM parts WHERE relpersistence = 'u') THEN 'u' ELSE c.relpersistence END AS "persistence",
              c.relkind = 'p' AND EXISTS (SELECT FROM parts WHERE relkind = 'f') AS "foreignParts",
              EXISTS (SELECT FROM pg_catalog.pg_rewrite WHERE ev_class = c.oid AND ev_type = '3' AND ev_enabled <> 'D') AS "rules",
              row_security_active(c.oid) AS "rowSecurity",
              has_table_privilege(c.oid, 'SELECT') AS "select",
              has_table_privilege(c.oid, 'INSERT') AS "insert",
              has_table_privilege(c.oid, 'UPDATE') AS "update",
              pg_has_role(c.relowner, 'USAGE') AS "owned"
       FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname = $1 AND c.relname = $2`,
      [session.names.schema, name],
    )
    .pipe(Effect.map(({ rows }) => rows[0]))

/**
 * A domain is judged by the type beneath it; its own NOT NULL and default count as the column's. A role may have
 * quote_all_identifiers set; of Postgres's own types only "char" has quotes that mean something.
 */
const columns = `SELECT a.attname AS "name",
              CASE WHEN ns.nspname = 'pg_catalog' AND t.typtype <> 'd' AND b.typname NOT IN ('char', '_char')
                   THEN replace(format_type(a.atttypid, a.atttypmod), '"', '') ELSE format_type(a.atttypid, a.atttypmod) END AS "declared",
              a.atttypid::int8 AS "typeOid", a.atttypmod AS "typmod",
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
       ORDER BY a.attnum`

/** INCLUDE columns come after the key's own. An expression has the column number 0. */
const uniqueKeys = `SELECT c.relname AS "index",
              ARRAY(SELECT a.attname::text FROM generate_series(0, i.indnkeyatts - 1) AS at
                    JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[at]
                    ORDER BY at) AS "columns",
              CASE WHEN NOT i.indisvalid THEN 'not valid' WHEN NOT i.indimmediate THEN 'deferrable'
                   WHEN i.indpred IS NOT NULL THEN 'partial' WHEN i.indexprs IS NOT NULL THEN 'on an expression' END AS "unusable"
       FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
       WHERE i.indrelid = $1 AND i.indisunique ORDER BY c.relname`

/** tgtype: 1 for each row, 2 before, 4 insert, 16 update. */
const triggers = `SELECT tgname::text FROM pg_catalog.pg_trigger
       WHERE (tgrelid = $1::oid OR tgrelid IN (SELECT relid FROM pg_partition_tree($1::oid)))
         AND NOT tgisinternal AND tgenabled <> 'D' AND tgtype & 3 = 3 AND tgtype & 20 <> 0
       GROUP BY 1 ORDER BY 1`

export const readColumns = (session: Session, oid: number): Effect.Effect<ReadonlyArray<Column>, DestinationError> =>
  session.query<Column>("reading the columns of a table", columns, [oid]).pipe(Effect.map(({ rows }) => rows))

type Details = Pick<Target, "columns" | "uniqueKeys" | "triggers">

/** In one statement: with a server far away, each takes as long as a small window's records. */
const readDetails = (session: Session, oid: number): Effect.Effect<Details, DestinationError> =>
  session
    .query<Details>(
      "reading the columns of a table",
      `SELECT ARRAY(SELECT row_to_json(c) FROM (${columns}) AS c) AS "columns",
              ARRAY(SELECT row_to_json(k) FROM (${uniqueKeys}) AS k) AS "uniqueKeys",
              ARRAY(${triggers}) AS "triggers"`,
      [oid],
    )
    .pipe(Effect.map(({ rows: [row] }) => row ?? { columns: [], uniqueKeys: [], triggers: [] }))

export const readTarget = Effect.fnUntraced(function* (
  session: Session,
): Effect.fn.Return<Target | undefined, DestinationError> {
  const relation = yield* readRelation(session, session.names.table)
  return relation && { ...relation, ...(yield* readDetails(session, relation.oid)) }
})
