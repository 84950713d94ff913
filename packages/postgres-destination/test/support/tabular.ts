/** How the suite's laws prepare a Postgres table by hand, and look at it afterwards. */
import type { Harness } from "@batch-exports/conformance"
import { FieldType } from "@batch-exports/core"
import { Effect } from "effect"
import { qualified, quote } from "../../src/identifier.ts"
import { newColumnType } from "../../src/target/columnTypes.ts"
import type { Database } from "./database.ts"
import type { Names } from "./harness.ts"

export const tabular = ({ sql }: Database, names: Names, named: Harness.Tabular["named"]): Harness.Tabular => {
  const table = qualified(names.schema, names.table)
  const run = (statement: string) => Effect.asVoid(sql(statement))
  return {
    named,
    nameBytes: 63,
    create: (columns) => run(`CREATE TABLE ${table} (${columns.map(definition).join(", ")})`),
    addColumn: (column) => run(`ALTER TABLE ${table} ADD COLUMN ${definition(column)}`),
    columns: Effect.map(
      sql<Harness.TableColumn>(
        `SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, NOT a.attnotnull AS nullable,
                a.atthasdef AS "hasDefault"
         FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
         WHERE c.relnamespace = to_regnamespace($1) AND c.relname = $2 AND a.attnum > 0 AND NOT a.attisdropped
         ORDER BY a.attnum`,
        [quote(names.schema), names.table],
      ),
      (columns) => (columns.length === 0 ? undefined : columns),
    ),
    adorn: run(
      `CREATE VIEW ${qualified(names.schema, "a view")} AS SELECT * FROM ${table};
       CREATE INDEX "an index" ON ${table} ((1));
       CREATE FUNCTION ${qualified(names.schema, "pass")}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
       CREATE TRIGGER "a trigger" BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION ${qualified(names.schema, "pass")}();
       COMMENT ON TABLE ${table} IS 'mine'`,
    ),
    adornments: Effect.map(
      sql<{ what: string }>(
        `SELECT format('view %s', viewname) AS what FROM pg_views WHERE schemaname = $1
         UNION ALL SELECT format('index %s', indexdef) FROM pg_indexes WHERE schemaname = $1 AND tablename = $2
         UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = to_regclass($3) AND NOT tgisinternal
         UNION ALL SELECT 'comment ' || obj_description(to_regclass($3), 'pg_class')
         ORDER BY 1`,
        [names.schema, names.table, table],
      ),
      (found) => found.map(({ what }) => what),
    ),
    typeName: (type) => newColumnType(type)?.name ?? "none",
    accepts: [
      { field: FieldType.int16, column: "integer" },
      { field: FieldType.int32, column: "bigint" },
      { field: FieldType.int64, column: "numeric" },
      { field: FieldType.float32, column: "double precision" },
      { field: FieldType.text(20), column: "text" },
      { field: FieldType.json, column: "json" },
      { field: FieldType.uuid, column: "text" },
    ],
    refuses: [
      { field: FieldType.int64, column: "integer" },
      { field: FieldType.text(), column: "integer" },
      { field: FieldType.timestamp(6), column: "date" },
      { field: FieldType.float64, column: "real" },
      { field: FieldType.json, column: "bytea" },
    ],
  }
}

const definition = ({ hasDefault, name, nullable, type }: Harness.TableColumn): string =>
  `${quote(name)} ${type}${nullable ? "" : " NOT NULL"}${hasDefault ? ` DEFAULT ${defaultOf(type)}` : ""}`

const defaultOf = (type: string): string => {
  if (/int|numeric|real|double/.test(type)) return "0"
  if (/time|date/.test(type)) return "now()"
  return type.startsWith("json") ? "'{}'" : "''"
}
