/** What an error about records means, given what the run does with them. The table of errors knows codes alone. Pure. */
import { DestinationError, FieldType } from "@batch-exports/core"
import * as identifier from "../identifier.ts"
import { newColumnType } from "../target/columnTypes.ts"
import type { Layout } from "../target/project.ts"
import type { Intake } from "./intake.ts"

interface Circumstances {
  readonly intake: Intake
  readonly projection: Layout["projection"]
  /** Quoted, with its schema. */
  readonly target: string
}

/** A text longer than its column, a number or a time out of its range. */
const tooLarge = ["22001", "22003", "22008"]

/** Of COPY. */
export const rejected = (error: DestinationError, { intake, projection, target }: Circumstances): DestinationError => {
  const name = /, column "(.+?)"/.exec(error.message)?.[1]
  // Staging has no other constraints than those of the key and of domains.
  if (intake._tag === "Merge" && error.code === "23502" && intake.merge.key.includes(name ?? "")) {
    return withoutKey(intake.merge.key, error.code)
  }
  if (!tooLarge.includes(error.code ?? "")) return error
  const column = projection.columns.find(({ field, unfit }) => unfit === "fail" && field.name === name)
  return column === undefined
    ? error
    : new DestinationError({
        reason: "ValueUnfit",
        message: error.message,
        remedy: `Nothing was published: values of "${column.field.name}" may not be changed to fit. Widen the column: ALTER TABLE ${target} ALTER COLUMN ${identifier.quote(column.field.name)} TYPE ${wider(column.as, column.field.type)};`,
        ...(error.code === undefined ? {} : { code: error.code }),
      })
}

/** The type that holds what the column's does not. */
const wider = (as: FieldType.FieldType, field: FieldType.FieldType): string => {
  switch (as._tag) {
    case "Int":
      return as.bits === 64 ? "NUMERIC" : "BIGINT"
    case "Text":
      return "TEXT"
    case "Decimal":
      return "NUMERIC"
    case "Bool":
    case "Float":
    case "Json":
    case "Uuid":
    case "Bytes":
    case "Date":
    case "Timestamp":
    case "Inet":
    case "List":
      return newColumnType(field)?.sql ?? "TEXT"
    default:
      return as satisfies never
  }
}

const withoutKey = (key: ReadonlyArray<string>, code: string): DestinationError =>
  new DestinationError({
    reason: "ValueUnfit",
    message: `A record has NULL in its key (${key.join(", ")}): nothing can tell which record it replaces`,
    remedy: "Nothing was published. Filter such records out, or correct them at the source.",
    code,
  })

/** Row-level security refuses a record with the code of a privilege that is missing. */
export const againstPolicy = (error: DestinationError, target: string): DestinationError =>
  error.code === "42501" && error.message.includes("row-level security")
    ? new DestinationError({
        reason: "ConstraintViolated",
        message: error.message,
        remedy: `Nothing was published. Let the policies of ${target} take all records, or export to a table without row-level security.`,
        code: error.code,
      })
    : error

export const suppressed = (target: string, rows: number): DestinationError =>
  new DestinationError({
    reason: "ConstraintViolated",
    message: `A trigger or a rule on ${target} dropped ${rows} record${rows === 1 ? "" : "s"}`,
    remedy: 'Nothing was published. Change it; or, if it should drop records, set suppressedRows to "count".',
  })
