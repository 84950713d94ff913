/** The columns that an export's settings choose among the fields of a model. Pure, and without ClickHouse for models that are known. */
import { nearest, type Model, type RecordSchema } from "@batch-exports/core"
import { Result } from "effect"
import type { Wanted } from "../models/SourceModel.ts"
import { type ColumnSettings, memberType, path } from "./columnSettings.ts"

/** Something that is wrong with a selection, and what to do. */
export interface Problem {
  /** Where it stands in the settings. */
  readonly path: ReadonlyArray<string | number>
  readonly message: string
  readonly remedy: string
}

/** What there is to choose from. */
export interface Known {
  readonly fields: ReadonlyArray<RecordSchema.Field>
  readonly identity: Model.Identity
  /** Fields whose members may be read. */
  readonly documents: ReadonlyArray<string>
  /** Columns that cannot be exported as they are, and why. */
  readonly refused?: ReadonlyMap<string, Omit<Problem, "path">>
}

export interface Chosen {
  readonly field: RecordSchema.Field
  readonly wanted: Wanted
}

type At = ReadonlyArray<string | number>

export const choose = (known: Known, settings: ColumnSettings): Result.Result<ReadonlyArray<Chosen>, Problem> => {
  const strangers = [
    ...(settings.exclude ?? []).map((name, index) => ({ name, at: ["exclude", index] as At })),
    ...Object.keys(settings.rename ?? {}).map((name) => ({ name, at: ["rename", name] as At })),
  ].filter(({ name }) => !isKnown(known, name))
  if (strangers[0] !== undefined) return Result.fail(unknown(known, strangers[0].name, strangers[0].at))
  const found = settings.columns === undefined ? all(known, settings, false) : listed(known, settings, settings.columns)
  return Result.flatMap(found, (columns) => sound(known, columns))
}

/** Every field: those of new targets alone, where more are known. */
const all = (
  known: Known,
  { exclude = [], rename = {} }: ColumnSettings,
  createdOnly: boolean,
): Result.Result<ReadonlyArray<Chosen>, Problem> => {
  for (const [name, why] of known.refused ?? []) if (!exclude.includes(name)) return Result.fail({ path: [], ...why })
  return Result.succeed(
    known.fields
      .filter(({ created, name }) => !exclude.includes(name) && (created || !createdOnly))
      .map((field) => ({ field: { ...field, name: rename[field.name] ?? field.name }, wanted: { field: field.name } })),
  )
}

const listed = (
  known: Known,
  settings: ColumnSettings,
  entries: NonNullable<ColumnSettings["columns"]>,
): Result.Result<ReadonlyArray<Chosen>, Problem> => {
  const columns: Array<Chosen> = []
  for (const [index, entry] of entries.entries()) {
    const at = ["columns", index]
    const made =
      entry === "*"
        ? all(known, settings, true)
        : typeof entry === "string"
          ? Result.map(plain(known, entry, settings.rename?.[entry] ?? entry, at), (column) => [column])
          : Result.map(described(known, entry, at), (column) => [column])
    if (Result.isFailure(made)) return Result.fail(made.failure)
    columns.push(
      ...made.success.filter(
        ({ wanted }) => wanted.member !== undefined || settings.exclude?.includes(wanted.field) !== true,
      ),
    )
  }
  return Result.succeed(columns)
}

const plain = (known: Known, of: string, name: string, at: At): Result.Result<Chosen, Problem> => {
  const field = known.fields.find((one) => one.name === of)
  if (field !== undefined) return Result.succeed({ field: { ...field, name, created: true }, wanted: { field: of } })
  const refused = known.refused?.get(of)
  return Result.fail(refused === undefined ? unknown(known, of, at) : { path: at, ...refused })
}

const described = (
  known: Known,
  { from, name, type }: Exclude<NonNullable<ColumnSettings["columns"]>[number], string>,
  at: At,
): Result.Result<Chosen, Problem> => {
  const found = resolve(known, from, [...at, "from"])
  if (Result.isFailure(found)) return Result.fail(found.failure)
  const { head, rest: keys } = found.success
  const [first, ...rest] = keys
  if (first === undefined) {
    return type === undefined
      ? plain(known, head, name, [...at, "from"])
      : Result.fail({
          path: [...at, "type"],
          message: `"${head}" has a type of its own`,
          remedy: "Leave the type out: it is for members of JSON documents.",
        })
  }
  const read = memberType(type ?? "text")
  return read === undefined
    ? Result.fail({ path: [...at, "type"], message: `there is no type "${type}"`, remedy: "Choose another." })
    : Result.succeed({
        field: { name, type: read, nullable: true, description: from, created: true },
        wanted: { field: head, member: { path: [first, ...rest], type: read } },
      })
}

/** The field that a path begins with, and the keys below it. */
export const resolve = (
  known: Known,
  from: string,
  at: At,
): Result.Result<{ readonly head: string; readonly rest: ReadonlyArray<string> }, Problem> => {
  const keys = Result.getOrElse(path(from), () => [from] as const)
  // Columns may have points in their names, as those of Nested have: the longest name counts.
  const names = keys.map((_, index) => keys.slice(0, keys.length - index).join("."))
  const head = isKnown(known, from) ? from : names.find((name) => isKnown(known, name))
  if (head === undefined) return Result.fail(unknown(known, keys[0], at))
  const rest = head === from ? [] : keys.slice(keys.length - names.indexOf(head))
  return rest.length === 0 || known.documents.includes(head)
    ? Result.succeed({ head, rest })
    : Result.fail({
        path: at,
        message: `"${head}" holds no JSON documents`,
        remedy:
          known.documents.length === 0 ? "No field of this model does." : `These do: ${known.documents.join(", ")}.`,
      })
}

const sound = (known: Known, columns: ReadonlyArray<Chosen>): Result.Result<ReadonlyArray<Chosen>, Problem> => {
  if (columns.length === 0) {
    return Result.fail({
      path: [],
      message: "no column is left to export",
      remedy: "Name some under columns, or exclude fewer.",
    })
  }
  const twice = columns.find(
    ({ field }, index) => columns.findIndex((other) => other.field.name === field.name) !== index,
  )
  if (twice !== undefined) {
    return Result.fail({
      path: [],
      message: `two columns are called "${twice.field.name}"`,
      remedy: "Rename one of them.",
    })
  }
  const lost = needed(known.identity).find((name) => nameOf(columns, name) === undefined)
  return lost === undefined
    ? Result.succeed(columns)
    : Result.fail({
        path: [],
        message: `"${lost}" tells records apart, and is not exported`,
        remedy: `Add "${lost}" to columns, or take it out of exclude.`,
      })
}

/** What a field of the model is called among the columns. */
export const nameOf = (columns: ReadonlyArray<Chosen>, field: string): string | undefined =>
  columns.find(({ wanted }) => wanted.field === field && wanted.member === undefined)?.field.name

/** Without these, nobody could tell which record wins. */
const needed = (identity: Model.Identity): ReadonlyArray<string> =>
  identity._tag === "Append"
    ? []
    : [...identity.key, ...identity.versions.flatMap(({ version, within = [] }) => [version, ...within])]

const isKnown = ({ fields, refused }: Known, name: string) =>
  refused?.has(name) === true || fields.some((field) => field.name === name)

const unknown = (known: Known, name: string, at: At): Problem => {
  const names = [...known.fields.map((field) => field.name), ...(known.refused?.keys() ?? [])]
  const near = nearest(name, names)
  return {
    path: at,
    message: `there is no column "${name}"${near === undefined ? "" : `; did you mean "${near}"?`}`,
    remedy: `There are ${names.join(", ")}.`,
  }
}
