/**
 * How a run's records get into the table: straight by COPY, or by way of a staging table and one statement. Decided before
 * anything is touched. Pure.
 */
import type { Model, Run } from "@batch-exports/core"
import { Result } from "effect"
import type { Config } from "../config/Config.ts"
import * as identifier from "../identifier.ts"
import * as Merge from "../merge/Merge.ts"
import type { TableKey } from "../target/createTable.ts"
import type { Incompatible, Layout } from "../target/project.ts"
import type { Target } from "../target/Target.ts"

type Key = readonly [string, ...Array<string>]

export type Intake =
  | { readonly _tag: "Copy" }
  /** By staging, where COPY cannot go: into a table with row-level security, or one whose triggers drop records. */
  | { readonly _tag: "Insert" }
  /** Only keys that the table lacks, by its unique key. */
  | { readonly _tag: "InsertNew"; readonly key: Key }
  /** Only keys that the table lacks, by looking for each: for a table without a unique key. `nullable`: may be NULL. */
  | { readonly _tag: "InsertAbsent"; readonly key: Key; readonly nullable: ReadonlyArray<string> }
  | { readonly _tag: "Merge"; readonly merge: Merge.Merge }

export interface Decision {
  readonly intake: Intake
  /** Of a table that is yet to be created. */
  readonly tableKey: TableKey | undefined
}

export interface Request {
  readonly config: Pick<Config, "merge" | "uniqueEvents" | "suppressedRows">
  readonly model: Model.Model
  readonly mode: Run.Mode
  readonly projection: Layout["projection"]
  readonly tableName: string
  /** Undefined when it is yet to be created. */
  readonly target: Target | undefined
}

export const decide = (request: Request): Result.Result<Decision, Incompatible> => {
  const { identity } = request.model
  return identity._tag === "Upsert" ? merging(request, identity) : appending(request, identity)
}

const merging = (
  { config, model, projection, tableName, target }: Request,
  identity: Model.Upsert,
): Result.Result<Decision, Incompatible> =>
  Result.flatMap(Merge.plan({ model, identity, projection, policy: config.merge, tableName }), (merge) =>
    Result.map(keyed(target, merge.key, tableName, "PRIMARY KEY"), () => ({
      intake: { _tag: "Merge", merge },
      tableKey: { kind: "PRIMARY KEY", columns: merge.key },
    })),
  )

const appending = (
  { config, mode, model, projection, tableName, target }: Request,
  { dedupeKey }: Model.Append,
): Result.Result<Decision, Incompatible> => {
  if (!config.uniqueEvents && mode !== "fill") {
    const drops = config.suppressedRows === "count" && (target?.triggers.length ?? 0) > 0
    return Result.succeed({
      intake: { _tag: target?.rowSecurity === true || drops ? "Insert" : "Copy" },
      tableKey: undefined,
    })
  }
  const needed = mode === "fill" ? 'mode "fill"' : "uniqueEvents"
  const [first, ...others] = dedupeKey ?? []
  if (first === undefined) {
    return Result.fail({
      reason: "Unsupported",
      problems: [`model "${model.name}" has no key that tells one record from another, which ${needed} needs`],
      remedy: mode === "fill" ? 'Use mode "once" or "force".' : "Set uniqueEvents to false.",
    })
  }
  const key: Key = [first, ...others]
  const absent = key.filter((name) => !projection.columns.some(({ field }) => field.name === name))
  if (absent.length > 0) {
    return Result.fail({
      problems: absent.map((name) => `it has no column "${name}", a part of the key that ${needed} needs`),
      remedy: "Add the column, or let a new table be created under another name.",
    })
  }
  if (config.uniqueEvents) {
    return Result.map(keyed(target, key, tableName, "UNIQUE"), () => ({
      intake: { _tag: "InsertNew", key },
      tableKey: { kind: "UNIQUE", columns: key },
    }))
  }
  const json = projection.columns.filter(({ field, targetType }) => targetType === "json" && key.includes(field.name))
  if (json.length > 0) {
    return Result.fail({
      problems: json.map(
        ({ field }) => `column "${field.name}" is json, which cannot be compared, and is a part of the key`,
      ),
      remedy: "Give the column another type, such as text.",
    })
  }
  const nullable = projection.columns
    .filter(({ field }) => key.includes(field.name))
    .filter(({ field }) => field.nullable && target?.columns.find(({ name }) => name === field.name)?.notNull !== true)
    .map(({ field }) => field.name)
  return Result.succeed({ intake: { _tag: "InsertAbsent", key, nullable }, tableKey: undefined })
}

/** ON CONFLICT needs an index over exactly the key's columns, in any order. */
const keyed = (
  target: Target | undefined,
  key: Key,
  tableName: string,
  kind: TableKey["kind"],
): Result.Result<void, Incompatible> => {
  if (target === undefined) return Result.void
  const matching = target.uniqueKeys.filter(
    ({ columns }) => columns.length === key.length && key.every((name) => columns.includes(name)),
  )
  if (matching.some(({ unusable }) => unusable === null)) return Result.void
  const columns = key.map(identifier.quote).join(", ")
  const near = matching.map(({ index, unusable }) => `; index "${index}" is ${unusable}`).join("")
  return Result.fail({
    problems: [
      `it has no ${kind === "UNIQUE" ? "unique index" : "primary key or unique index"} on (${columns})${near}`,
    ],
    remedy:
      kind === "UNIQUE"
        ? `Run: CREATE UNIQUE INDEX ON ${tableName} (${columns}); or set uniqueEvents to false.`
        : `Run: ALTER TABLE ${tableName} ADD PRIMARY KEY (${columns}); or let a new table be created under another name.`,
  })
}
