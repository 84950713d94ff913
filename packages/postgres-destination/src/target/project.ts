/**
 * Lays a model's fields over the columns of the table, or over those that a new table gets. Pure. The result is the
 * projection that the source renders, or the reasons why the table cannot take the records.
 */
import { FieldType, Model, type Projection, type RecordSchema } from "@batch-exports/core"
import { Result } from "effect"
import type { Config } from "../config/Config.ts"
import type { Allowed } from "../copyFormat.ts"
import { copyBinary, copyText, type CopyEncoding } from "../encodings.ts"
import * as identifier from "../identifier.ts"
import { binaryOids } from "./binaryForm.ts"
import { accept, newColumnType } from "./columnTypes.ts"
import type { Column, Target } from "./Target.ts"

/** Says what is wrong and what to do, each for people. */
export interface Incompatible {
  readonly problems: ReadonlyArray<string>
  readonly remedy: string
  /** Set where no change of the table would help. */
  readonly reason?: "Unsupported"
}

export interface Layout {
  /** Columns of the projection that the table does not have yet: they are added first. */
  readonly added: ReadonlyArray<Projection.Column>
  readonly projection: Projection.Projection & { readonly encoding: CopyEncoding }
  readonly notices: ReadonlyArray<string>
  /** How the rows go, and why so: a sentence for people. */
  readonly format: string
}

interface Request {
  readonly model: Model.Model
  readonly allowed: Allowed
  readonly settings: Pick<Config, "jsonType" | "onInvalidText" | "onOverflow" | "schemaEvolution">
  readonly tableName: string
}

/**
 * What happens to values that cannot be stored as they are. Keys and versions are never cut or clamped, since they tell records
 * apart. A key's text is cleaned like any other, before keys are compared: two that become one are one record, and the newer wins.
 */
const policies = (
  { model, settings: { onInvalidText, onOverflow } }: Request,
  field: RecordSchema.Field,
): Pick<Projection.Column, "unfit" | "invalid"> => {
  if (Model.identityFields(model).has(field.name)) {
    const isText =
      field.type._tag === "Text" && model.identity._tag === "Upsert" && model.identity.key.includes(field.name)
    return isText && onInvalidText === "nearest" ? { unfit: "fail", invalid: "nearest" } : { unfit: "fail" }
  }
  const of = field.type._tag === "List" ? field.type.of : field.type
  const text = of._tag === "Text" || of._tag === "Json"
  return { unfit: onOverflow, ...(text && onInvalidText !== onOverflow ? { invalid: onInvalidText } : {}) }
}

const evolves = ({ settings }: Request): boolean => settings.schemaEvolution === "add-columns"

/** What a field becomes where there is no column for it yet, or why there can be none. */
const newColumn = (request: Request, field: RecordSchema.Field): Result.Result<Projection.Column, string> => {
  const type = newColumnType(field.type, request.settings.jsonType)
  const named = identifier.problem(field.name)
  if (named !== undefined) return Result.fail(`the name of field "${field.name}" ${named}`)
  return type === undefined
    ? Result.fail(`Postgres has no column type for field "${field.name}" (${FieldType.format(field.type)})`)
    : Result.succeed({ field, as: type.as, targetType: type.name, ...policies(request, field) })
}

/** A new column has exactly the type that its field asks for; once it is there, its OID is looked at as well. */
const withoutBinary = ({ as, field, targetType }: Projection.Column): ReadonlyArray<string> =>
  binaryOids(as).length === 0 ? [`column "${field.name}" is ${targetType}`] : []

/** The columns of a table that is yet to be created: exactly the created fields, unless columns may be added at any time. */
export const projectNew = (request: Request): Result.Result<Layout, Incompatible> => {
  const { allowed, model, tableName } = request
  const columns: Array<Projection.Column> = []
  const problems: Array<string> = []
  const wanted = model.schema.fields.filter(({ created }) => created || evolves(request))
  for (const field of wanted) {
    const column = newColumn(request, field)
    if (Result.isSuccess(column)) columns.push(column.success)
    else problems.push(column.failure)
  }
  return conclude(columns, problems, {
    remedy: "Rename or leave out the field, or create the table by hand with the columns that you want.",
    nothing: `model "${model.name}" has no field that a new table ${tableName} would get`,
    allowed,
    notBinary: columns.flatMap(withoutBinary),
    leftOut: model.schema.fields.filter((field) => !wanted.includes(field)).map(({ name }) => name),
    notices: [],
    added: [],
  })
}

/** The columns of the user's table, by name. Columns that no field fills are left alone. */
export const projectExisting = (
  request: Request,
  target: Pick<Target, "columns">,
): Result.Result<Layout, Incompatible> => {
  const { allowed, model, tableName } = request
  const byName = new Map(target.columns.map((column) => [column.name, column]))
  const columns: Array<Projection.Column> = []
  const problems: Array<string> = []
  const notices: Array<string> = []
  const leftOut: Array<string> = []
  const notBinary: Array<string> = []
  const filled = new Set<string>()
  const identity = Model.identityFields(model)
  const added: Array<Projection.Column> = []
  for (const field of model.schema.fields) {
    const column = byName.get(field.name)
    if (column === undefined && evolves(request)) {
      const made = newColumn(request, field)
      if (Result.isSuccess(made)) {
        columns.push(made.success)
        added.push(made.success)
        notBinary.push(...withoutBinary(made.success))
      } else problems.push(made.failure)
      continue
    }
    if (column === undefined || column.serverFilled) {
      leftOut.push(field.name)
      continue
    }
    filled.add(column.name)
    const as = accept(field.type, { name: column.type, typmod: column.baseTypmod, element: column.element })
    if (as === undefined) {
      problems.push(
        `column "${column.name}" is ${column.declared}, which cannot take field "${field.name}" (${FieldType.format(field.type)})`,
      )
      continue
    }
    if (column.notNull && field.nullable) {
      notices.push(
        `Column "${column.name}" is NOT NULL, and the field may be null: the first null would stop the export.`,
      )
    }
    if (/^timestamp(\(\d\))? without time zone/.test(column.declared)) {
      notices.push(`Column "${column.name}" is ${column.declared}: it gets the time in UTC.`)
    }
    if (identity.has(field.name) && isNarrower(as, field.type)) {
      const type = newColumnType(field.type)?.sql ?? "TEXT"
      notices.push(
        `Column "${column.name}" is ${column.declared}, and keys and versions must fit whole: the first that does not stops the export. Widen it: ALTER TABLE ${tableName} ALTER COLUMN ${identifier.quote(column.name)} TYPE ${type};`,
      )
    }
    columns.push({ field, as, targetType: column.declared, ...policies(request, field) })
    if (!binaryOids(as).includes(column.typeOid)) notBinary.push(`column "${column.name}" is ${column.declared}`)
  }
  for (const column of target.columns) if (blocks(column, filled)) problems.push(unfilled(column))
  return conclude(columns, problems, {
    remedy: remedy(
      tableName,
      target.columns.filter((column) => blocks(column, filled)),
    ),
    nothing: `${tableName} has no column in common with model "${model.name}"`,
    allowed,
    notBinary,
    leftOut,
    notices,
    added,
  })
}

/** Of text and of timestamps, which alone may be narrowed. */
const isNarrower = (as: FieldType.FieldType, type: FieldType.FieldType): boolean =>
  (as._tag === "Text" && type._tag === "Text" && (as.maxLength ?? Infinity) < (type.maxLength ?? Infinity)) ||
  (as._tag === "Timestamp" && type._tag === "Timestamp" && as.digits < type.digits)

const blocks = (column: Column, filled: ReadonlySet<string>): boolean =>
  column.notNull && !column.hasDefault && !column.serverFilled && !filled.has(column.name)

const unfilled = (column: Column): string =>
  `column "${column.name}" is NOT NULL without a default, and no field fills it`

const remedy = (tableName: string, blocking: ReadonlyArray<Column>): string =>
  blocking.length === 0
    ? "Change the column's type to one that takes the field, rename the column so that the field is left out, or export to another table."
    : `Let the columns take nulls: ALTER TABLE ${tableName} ${blocking
        .map(({ name }) => `ALTER COLUMN ${identifier.quote(name)} DROP NOT NULL`)
        .join(", ")}; or give them a default.`

const conclude = (
  columns: ReadonlyArray<Projection.Column>,
  problems: ReadonlyArray<string>,
  rest: {
    readonly remedy: string
    readonly nothing: string
    readonly allowed: Allowed
    /** The columns whose types have no binary form. */
    readonly notBinary: ReadonlyArray<string>
    readonly leftOut: ReadonlyArray<string>
    readonly notices: ReadonlyArray<string>
    readonly added: ReadonlyArray<Projection.Column>
  },
): Result.Result<Layout, Incompatible> => {
  if (problems.length > 0) return Result.fail({ problems, remedy: rest.remedy })
  const [first, ...others] = columns
  if (first === undefined) {
    return Result.fail({
      problems: [rest.nothing],
      remedy: "Correct the table's name or its columns, or let a new table be created under another name.",
    })
  }
  const { allowed, notBinary } = rest
  // One column without a binary form sends the whole row as text: COPY knows one format at a time.
  const encoding = allowed.encodings.find((name) => name === copyText || notBinary.length === 0)
  if (encoding === undefined) {
    return Result.fail({
      problems: notBinary.map((column) => `${column}, which has no binary form`),
      remedy: allowed.remedy,
    })
  }
  return Result.succeed({
    projection: { encoding, columns: [first, ...others], leftOut: rest.leftOut },
    notices: rest.notices,
    added: rest.added,
    format:
      encoding === copyBinary
        ? "Rows are copied in binary."
        : `Rows are copied as text: ${allowed.notBinary ?? `${notBinary.join(", ")}, which has no binary form`}.`,
  })
}
