/** What makes a table slow to load, and how large it is: for `plan`, which tells people before they wonder. */
import type { DestinationError } from "@batch-exports/core"
import { Effect } from "effect"
import type { Session } from "../connection/Session.ts"

export interface Load {
  /** As the server last counted them; null when it never has. */
  readonly rows: number | null
  readonly bytes: number
  readonly indexes: ReadonlyArray<string>
  readonly triggers: ReadonlyArray<string>
  readonly foreignKeys: ReadonlyArray<string>
}

export const readLoad = (session: Session, oid: number): Effect.Effect<Load | undefined, DestinationError> =>
  session
    .query<Load>(
      "looking at the size of the table",
      // Of a partitioned table, the sum over its partitions.
      `WITH parts AS (SELECT relid AS oid FROM pg_partition_tree($1::oid) WHERE isleaf UNION SELECT $1::oid)
       SELECT (SELECT CASE WHEN min(reltuples) FILTER (WHERE relkind = 'r') >= 0 THEN sum(reltuples) FILTER (WHERE relkind = 'r') END::int8
               FROM pg_catalog.pg_class JOIN parts USING (oid)) AS "rows",
              (SELECT sum(pg_total_relation_size(oid))::int8 FROM parts) AS "bytes",
              ARRAY(SELECT c.relname::text FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
                    WHERE i.indrelid = $1 ORDER BY 1) AS "indexes",
              ARRAY(SELECT tgname::text FROM pg_catalog.pg_trigger
                    WHERE tgrelid = $1 AND NOT tgisinternal AND tgenabled <> 'D' ORDER BY 1) AS "triggers",
              ARRAY(SELECT conname::text FROM pg_catalog.pg_constraint WHERE conrelid = $1 AND contype = 'f' ORDER BY 1) AS "foreignKeys"`,
      [oid],
    )
    .pipe(Effect.map(({ rows }) => rows[0]))

const count = new Intl.NumberFormat("en-US", { notation: "compact", maximumSignificantDigits: 3 })
const megabytes = (bytes: number): string => `${count.format(bytes / 1_000_000)} MB`

/** Sentences for people. `key`: the index that a merge needs anyway is not held against the table. */
export const describeLoad = (load: Load, key: string | undefined): ReadonlyArray<string> => {
  const rows = load.rows === null ? "" : `about ${count.format(load.rows)} rows and `
  const indexes = load.indexes.filter((name) => name !== key)
  const slow = [
    ["index", "indexes", indexes],
    ["trigger", "triggers", load.triggers],
    ["foreign key", "foreign keys", load.foreignKeys],
  ] as const
  return [
    ...(load.bytes === 0 ? [] : [`The table has ${rows}${megabytes(load.bytes)}.`]),
    ...slow.flatMap(([one, many, names]) =>
      names.length === 0
        ? []
        : [
            `Every record also pays for ${names.length === 1 ? `1 ${one}` : `${names.length} ${many}`}: ${names.join(", ")}.`,
          ],
    ),
  ]
}
