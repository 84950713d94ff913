/** A model of which only some columns are exported, under other names, or with members of its documents among them. Pure. */
import { FieldType, type Model } from "@batch-exports/core"
import { Result } from "effect"
import type { SourceModel } from "../models/SourceModel.ts"
import { choose, type Chosen, type Known, nameOf, type Problem } from "./choose.ts"
import type { ColumnSettings } from "./columnSettings.ts"

export const hasColumns = ({ columns, exclude, rename }: ColumnSettings): boolean =>
  [columns, exclude, rename].some((setting) => setting !== undefined)

export const withColumns = (
  base: SourceModel,
  settings: ColumnSettings,
  refused: NonNullable<Known["refused"]> = new Map(),
): Result.Result<SourceModel, Problem> => {
  const { identity, schema } = base.model
  return Result.map(choose({ ...base, fields: schema.fields, identity, refused }, settings), (columns) =>
    made(base, columns),
  )
}

const made = (base: SourceModel, columns: ReadonlyArray<Chosen>): SourceModel => {
  const [first, ...rest] = columns.map(({ field }) => field)
  const { adapted } = base
  return {
    ...base,
    model: {
      ...base.model,
      schema: { fields: [first!, ...rest] },
      identity: identityOf(base.model.identity, columns),
    },
    identity: {
      ...(base.identity as object),
      columns: columns.map(({ field, wanted: { field: from, member } }) => [
        field.name,
        from,
        ...(member === undefined ? [] : [member.path]),
        FieldType.format(field.type),
      ]),
    },
    ...(adapted === undefined ? {} : { adapted: (present: ReadonlySet<string>) => made(adapted(present), columns) }),
    documents: [],
    rows: (wanted, options) =>
      base.rows(
        wanted.map(({ field }) => columns.find((column) => column.field.name === field)!.wanted),
        options,
      ),
  }
}

const identityOf = (identity: Model.Identity, columns: ReadonlyArray<Chosen>): Model.Identity => {
  const names = (fields: ReadonlyArray<string>) => fields.flatMap((field) => nameOf(columns, field) ?? [])
  if (identity._tag === "Append") {
    const dedupeKey = names(identity.dedupeKey ?? [])
    return dedupeKey.length > 0 && dedupeKey.length === identity.dedupeKey?.length
      ? { _tag: "Append", dedupeKey }
      : { _tag: "Append" }
  }
  const [first, ...rest] = names(identity.key)
  const members = columns.flatMap(({ field, wanted }) =>
    wanted.member === undefined ? [] : [{ name: field.name, of: wanted.field }],
  )
  return {
    _tag: "Upsert",
    key: [first!, ...rest],
    versions: identity.versions.map(({ fields, version, within, ...group }) => ({
      ...group,
      version: nameOf(columns, version)!,
      // A member moves with the document that it is read from.
      fields: [...names(fields), ...members.flatMap(({ name, of }) => (fields.includes(of) ? [name] : []))],
      ...(within === undefined ? {} : { within: names(within) }),
    })),
  }
}
