/** Destinations that move the wrong fields with a version. */
import type { Model } from "@batch-exports/core"
import { honest } from "../../memory/Parts.ts"
import { by } from "./merges.ts"
import type { Saboteur } from "../Saboteur.ts"

/** One group of all fields, by the given version. */
const asOne = (identity: Model.Upsert, version: string): Model.Upsert => ({
  ...identity,
  versions: [{ version, fields: identity.versions.flatMap((group) => [group.version, ...group.fields]) }],
})

/** Laws whose records have two version groups. */
const ofGroups = [
  "upsert/newer-wins",
  "upsert/random-histories",
  "upsert/ties-are-taken-where-a-group-says-so",
] as const

export const groups: ReadonlyArray<Saboteur> = [
  {
    name: "moves-all-fields-when-any-version-is-newer",
    does: "moves all fields when any version is newer",
    breaks: ["upsert/groups-move-alone", ...ofGroups, "upsert/within-a-run"],
    parts: {
      place: (table, incoming, attempt) => {
        const versions = attempt.identity._tag === "Upsert" ? attempt.identity.versions : []
        const all = {
          version: versions[0]?.version ?? "",
          fields: versions.flatMap((group) => [group.version, ...group.fields]),
        }
        const each = versions.map(({ version }) => ({ ...all, version }))
        return honest.place(table, incoming, {
          ...attempt,
          identity: { ...attempt.identity, versions: each } as Model.Upsert,
        })
      },
    },
  },
  {
    name: "lets-an-older-owner-with-a-higher-profile-version-win",
    does: "lets an older owner with a higher profile version win",
    breaks: ["upsert/groups-move-alone", ...ofGroups],
    parts: by((identity) => ({
      ...identity,
      versions: identity.versions.map((group) => ({
        version: group.version,
        fields: group.within ? [...group.fields, ...group.within] : group.fields,
      })),
    })),
  },
  {
    name: "compares-versions-within-a-field-although-it-differs",
    does: "compares versions within a field although it differs",
    breaks: ["upsert/groups-move-alone", ...ofGroups],
    parts: by((identity) => ({
      ...identity,
      versions: identity.versions.map(({ fields, version }) => ({ fields, version })),
    })),
  },
  {
    name: "moves-everything-by-the-first-version-alone",
    does: "moves everything by the first version alone",
    breaks: ["upsert/groups-move-alone", ...ofGroups, "upsert/within-a-run", "upsert/redelivery-changes-nothing"],
    parts: by((identity) => asOne(identity, identity.versions[0]?.version ?? "")),
  },
  {
    name: "takes-no-ties",
    does: "keeps what is there at an equal version, although the group takes ties",
    breaks: ["upsert/ties-are-taken-where-a-group-says-so"],
    parts: by((identity) => ({
      ...identity,
      versions: identity.versions.map((group) => ({ ...group, ties: "keep" as const })),
    })),
  },
]
