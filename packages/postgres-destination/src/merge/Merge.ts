/**
 * How records replace older ones in a table: the key, and the version groups laid over the columns that the table has.
 * Pure. Fields of no group move with the first one; so do versions with their own group.
 */
import type { Model, Projection } from "@batch-exports/core"
import { Result } from "effect"
import * as identifier from "../identifier.ts"
import { newColumnType } from "../target/columnTypes.ts"
import type { Incompatible } from "../target/project.ts"

export const mergePolicies = ["by-version", "last-read"] as const

/** `last-read`: a group whose version the table has no column for takes whatever was read last. */
export type MergePolicy = (typeof mergePolicies)[number]

export interface Group {
  /** Absent: whatever was read last wins. */
  readonly version?: string
  /** Of records with equal versions the one that was read later wins, where it differs. */
  readonly takesTies: boolean
  /** The columns that move together; the version is one of them. */
  readonly columns: ReadonlyArray<string>
  /** Versions are comparable only while these are equal. */
  readonly within: ReadonlyArray<string>
  /** Where they are not equal, this group moves when one of these groups does: places in `Merge.groups`, all before its own. */
  readonly owners: ReadonlyArray<number>
}

export interface Merge {
  readonly key: readonly [string, ...Array<string>]
  /** All columns, in the projection's order. */
  readonly columns: ReadonlyArray<string>
  readonly groups: ReadonlyArray<Group>
  /** Columns of type `json`, which has no equality: their texts are compared. */
  readonly unequatable: ReadonlyArray<string>
}

interface Request {
  readonly model: Model.Model
  readonly identity: Model.Upsert
  readonly projection: Pick<Projection.Projection, "columns">
  readonly policy: MergePolicy
  readonly tableName: string
}

export const plan = ({
  identity,
  model,
  policy,
  projection,
  tableName,
}: Request): Result.Result<Merge, Incompatible> => {
  const columns = projection.columns.map(({ field }) => field.name)
  const present = new Set(columns)
  const lacking: Array<readonly [name: string, why: string]> = identity.key
    .filter((name) => !present.has(name))
    .map((name) => [name, "a part of the key"] as const)

  const rest = columns.filter((name) => !identity.key.includes(name))
  const kept: Array<Omit<Group, "owners">> = []
  // A model without versions has nothing to tell older from newer by: what is read last wins.
  if (identity.versions.length === 0 && rest.length > 0) kept.push({ columns: rest, within: [], takesTies: false })
  for (const [index, group] of identity.versions.entries()) {
    const grouped = new Set(identity.versions.flatMap((other) => [other.version, ...other.fields]))
    const strays = index === 0 ? rest.filter((name) => !grouped.has(name)) : []
    const fields = [...group.fields, ...strays].filter((name) => present.has(name) && name !== group.version)
    const versioned = present.has(group.version)
    // A group without a column in the table has nothing to move.
    if (fields.length === 0 && !versioned) continue
    const within = (group.within ?? []).filter((name) => !identity.key.includes(name))
    if (!versioned && policy === "by-version") lacking.push([group.version, "the version that tells older from newer"])
    if (versioned) {
      for (const name of within) if (!present.has(name)) lacking.push([name, "what its versions are comparable within"])
    }
    kept.push({
      ...(versioned ? { version: group.version } : {}),
      columns: [...fields, ...(versioned ? [group.version] : [])],
      within: versioned ? within : [],
      takesTies: group.ties === "take",
    })
  }
  if (lacking.length > 0) return Result.fail(absent(model, tableName, lacking))

  const inexact = projection.columns.filter(
    ({ field, targetType }) =>
      identity.key.includes(field.name) && /^(character\(|character$|bpchar|citext)/.test(targetType),
  )
  if (inexact.length > 0) {
    return Result.fail({
      problems: inexact.map(
        ({ field, targetType }) => `column "${field.name}" is ${targetType}, to which some keys that differ are equal`,
      ),
      remedy: `Run: ALTER TABLE ${tableName} ${inexact.map(({ field }) => `ALTER COLUMN ${identifier.quote(field.name)} TYPE TEXT`).join(", ")};`,
    })
  }
  const json = projection.columns.filter(({ targetType }) => targetType === "json").map(({ field }) => field.name)
  const incomparable = [
    ...identity.key,
    ...kept.flatMap(({ version, within }) => [...(version ? [version] : []), ...within]),
  ]
  const wrong = json.filter((name) => incomparable.includes(name))
  if (wrong.length > 0) {
    return Result.fail({
      problems: wrong.map(
        (name) => `column "${name}" is json, which cannot be compared, and records are told apart by it`,
      ),
      remedy: "Give the column another type, such as text.",
    })
  }
  return Result.succeed({ key: identity.key, columns, groups: inOrder(kept), unequatable: json })
}

const absent = (
  model: Model.Model,
  tableName: string,
  lacking: ReadonlyArray<readonly [name: string, why: string]>,
): Incompatible => {
  const types = new Map(model.schema.fields.map((field) => [field.name, newColumnType(field.type)?.sql ?? "TEXT"]))
  const added = new Map(lacking.map(([name]) => [name, `ADD COLUMN ${identifier.quote(name)} ${types.get(name)}`]))
  return {
    problems: lacking.map(([name, why]) => `it has no column "${name}", ${why}`),
    remedy: `Run: ALTER TABLE ${tableName} ${[...added.values()].join(", ")}; or let a new table be created under another name.`,
  }
}

/** Owners come before those that follow them; a circle is cut where it closes. */
const inOrder = (groups: ReadonlyArray<Omit<Group, "owners">>): ReadonlyArray<Group> => {
  const ordered: Array<Group> = []
  const places = new Map<Omit<Group, "owners">, number>()
  const visit = (group: Omit<Group, "owners">, path: ReadonlyArray<Omit<Group, "owners">>): void => {
    if (places.has(group) || path.includes(group)) return
    const owners = groups.filter(
      (other) => other !== group && group.within.some((name) => other.columns.includes(name)),
    )
    for (const owner of owners) visit(owner, [...path, group])
    places.set(group, ordered.length)
    ordered.push({ ...group, owners: owners.flatMap((owner) => places.get(owner) ?? []) })
  }
  for (const group of groups) visit(group, [])
  return ordered
}
