/** What is exported: a named record schema, and the rule that tells two records of one thing apart. */
import * as RecordSchema from "./RecordSchema.ts"

/** Records are immutable. `dedupeKey` names the fields that identify one record, where the model has such fields. */
export interface Append {
  readonly _tag: "Append"
  readonly dedupeKey?: ReadonlyArray<string>
}

/**
 * Some fields that move together when `version` is newer. With `within`, versions are only comparable while those
 * fields are equal; otherwise the group follows the group that owns them.
 */
export interface VersionGroup {
  readonly version: string
  readonly fields: ReadonlyArray<string>
  readonly within?: ReadonlyArray<string>
  /**
   * Of two records with equal versions, `keep` leaves the one that is there, `take` stores the one that came later, where it
   * differs. `take` is for versions that do not tell all states apart. NULL is equal to nothing. `keep` unless given.
   */
  readonly ties?: "keep" | "take"
}

/**
 * Records replace older ones with the same `key`, version group by version group. A version moves with its own group, fields
 * of no group with the first. Without groups, what is read last wins.
 */
export interface Upsert {
  readonly _tag: "Upsert"
  readonly key: readonly [string, ...Array<string>]
  readonly versions: ReadonlyArray<VersionGroup>
}

export type Identity = Append | Upsert

export interface Model {
  readonly name: string
  readonly description: string
  readonly schema: RecordSchema.RecordSchema
  readonly identity: Identity
}

/** Fields that decide which record wins. They are never adjusted: a value that does not fit stops the export. */
export const identityFields = (model: Model): ReadonlySet<string> =>
  new Set(
    model.identity._tag === "Append"
      ? []
      : [
          ...model.identity.key,
          ...model.identity.versions.flatMap((group) => [group.version, ...(group.within ?? [])]),
        ],
  )

/** What is wrong with a model, one sentence each; empty when it is sound. */
export const problems = (model: Model): ReadonlyArray<string> => {
  const found: Array<string> = []
  const seen = new Set<string>()
  for (const field of model.schema.fields) {
    if (seen.has(field.name)) found.push(`field "${field.name}" is declared twice`)
    seen.add(field.name)
  }
  const named =
    model.identity._tag === "Append"
      ? (model.identity.dedupeKey ?? [])
      : [
          ...model.identity.key,
          ...model.identity.versions.flatMap((group) => [group.version, ...group.fields, ...(group.within ?? [])]),
        ]
  for (const name of new Set(named)) {
    if (RecordSchema.find(model.schema, name) === undefined)
      found.push(`identity names "${name}", which is not a field`)
  }
  return found
}
