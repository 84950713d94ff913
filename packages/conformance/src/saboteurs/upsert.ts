/** Destinations that merge wrongly. */
import type { Model } from "@batch-exports/core"
import type { Row } from "../encoders/index.ts"
import { append, upsert as merge } from "../memory/merge.ts"
import { honest, type Parts } from "../memory/Parts.ts"
import { merging } from "./altering.ts"
import type { Saboteur } from "./Saboteur.ts"

/** The honest merge, by another identity than the model's. */
const by = (change: (identity: Model.Upsert) => Model.Upsert): Pick<Parts, "place"> => ({
  place: (table, incoming, attempt) =>
    attempt.identity._tag === "Upsert"
      ? merge(table.rows, incoming, change(attempt.identity))
      : honest.place(table, incoming, attempt),
})

/** One group of all fields, by the given version. */
const asOne = (identity: Model.Upsert, version: string): Model.Upsert => ({
  ...identity,
  versions: [{ version, fields: identity.versions.flatMap((group) => [group.version, ...group.fields]) }],
})

const keyOf = (row: Row) => `${String(row["team"])} ${String(row["handle"] ?? row["id"])}`

const later = (version: Row[string] | undefined) => (typeof version === "bigint" ? version + 1n : null)

const millisecond = (row: Row) => String(row["inserted_at"]).slice(0, 23)

export const upsert: ReadonlyArray<Saboteur> = [
  {
    name: "appends-where-it-should-merge",
    does: "appends where it should merge",
    breaks: [
      "upsert/newer-wins",
      "upsert/within-a-run",
      "upsert/groups-move-alone",
      "upsert/null-versions",
      "upsert/null-overwrites",
      "upsert/keys-are-exact",
      "upsert/timestamp-versions",
      "upsert/redelivery-changes-nothing",
      "upsert/random-histories",
      "replay/fill",
      "upsert/ties-are-taken-where-a-group-says-so",
    ],
    parts: { place: (table, incoming) => append(table.rows, incoming) },
  },
  {
    name: "keeps-whatever-came-last",
    does: "keeps whatever came last",
    breaks: [
      "upsert/newer-wins",
      "upsert/within-a-run",
      "upsert/groups-move-alone",
      "upsert/null-versions",
      "upsert/null-overwrites",
      "upsert/timestamp-versions",
      "upsert/redelivery-changes-nothing",
      "upsert/random-histories",
      "upsert/ties-are-taken-where-a-group-says-so",
    ],
    parts: {
      place: (table, incoming, attempt) => {
        const { identity } = attempt
        if (identity._tag === "Append") return honest.place(table, incoming, attempt)
        const keys = new Set(incoming.map(keyOf))
        table.rows = table.rows.filter((row) => !keys.has(keyOf(row)))
        return merge(table.rows, incoming, identity)
      },
    },
  },
  {
    name: "never-replaces-what-is-there",
    does: "never replaces what is there",
    breaks: [
      "upsert/newer-wins",
      "upsert/within-a-run",
      "upsert/groups-move-alone",
      "upsert/null-versions",
      "upsert/null-overwrites",
      "upsert/keys-are-exact",
      "upsert/timestamp-versions",
      "upsert/redelivery-changes-nothing",
      "upsert/random-histories",
      "upsert/ties-are-taken-where-a-group-says-so",
    ],
    parts: by((identity) => ({ ...identity, versions: [] })),
  },
  {
    name: "keeps-the-first-of-two-records-of-a-key-in-a-run",
    does: "keeps the first of two records of a key in a run",
    breaks: [
      "upsert/within-a-run",
      "upsert/groups-move-alone",
      "upsert/timestamp-versions",
      "upsert/redelivery-changes-nothing",
      "upsert/random-histories",
      "upsert/ties-are-taken-where-a-group-says-so",
    ],
    parts: merging((incoming) =>
      incoming.filter((row, at) => incoming.findIndex((one) => keyOf(one) === keyOf(row)) === at),
    ),
  },
  {
    name: "keeps-the-last-of-two-records-of-a-key-in-a-run",
    does: "keeps the last of two records of a key in a run",
    breaks: [
      "upsert/within-a-run",
      "upsert/groups-move-alone",
      "upsert/null-versions",
      "upsert/timestamp-versions",
      "upsert/redelivery-changes-nothing",
      "upsert/random-histories",
    ],
    parts: merging((incoming) =>
      incoming.filter((row, at) => incoming.findLastIndex((one) => keyOf(one) === keyOf(row)) === at),
    ),
  },
  {
    name: "moves-all-fields-when-any-version-is-newer",
    does: "moves all fields when any version is newer",
    breaks: [
      "upsert/groups-move-alone",
      "upsert/newer-wins",
      "upsert/within-a-run",
      "upsert/random-histories",
      "upsert/ties-are-taken-where-a-group-says-so",
    ],
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
    breaks: [
      "upsert/groups-move-alone",
      "upsert/newer-wins",
      "upsert/random-histories",
      "upsert/ties-are-taken-where-a-group-says-so",
    ],
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
    breaks: [
      "upsert/groups-move-alone",
      "upsert/newer-wins",
      "upsert/random-histories",
      "upsert/ties-are-taken-where-a-group-says-so",
    ],
    parts: by((identity) => ({
      ...identity,
      versions: identity.versions.map(({ fields, version }) => ({ fields, version })),
    })),
  },
  {
    name: "moves-everything-by-the-first-version-alone",
    does: "moves everything by the first version alone",
    breaks: [
      "upsert/groups-move-alone",
      "upsert/newer-wins",
      "upsert/within-a-run",
      "upsert/redelivery-changes-nothing",
      "upsert/random-histories",
      "upsert/ties-are-taken-where-a-group-says-so",
    ],
    parts: by((identity) => asOne(identity, identity.versions[0]?.version ?? "")),
  },
  {
    name: "replaces-what-is-there-by-an-equal-version",
    does: "replaces what is there by an equal version",
    breaks: [
      "upsert/newer-wins",
      "upsert/null-overwrites",
      "upsert/redelivery-changes-nothing",
      "upsert/random-histories",
      "upsert/ties-are-taken-where-a-group-says-so",
    ],
    parts: merging((incoming, present) =>
      incoming.map((row) => {
        const there = present.find((one) => keyOf(one) === keyOf(row))
        return there?.["owner_version"] === row["owner_version"]
          ? { ...row, owner_version: later(row["owner_version"]) }
          : row
      }),
    ),
  },
  {
    name: "compares-with-null-versions-which-is-never-true",
    does: "compares with NULL versions, which is never true",
    breaks: ["upsert/null-versions"],
    parts: merging((incoming, present) =>
      incoming.filter((row) => !present.some((one) => keyOf(one) === keyOf(row) && one["owner_version"] === null)),
    ),
  },
  {
    name: "takes-a-null-version-for-the-newest",
    does: "takes a NULL version for the newest",
    breaks: ["upsert/null-versions"],
    parts: merging((incoming) =>
      incoming.map((row) => (row["owner_version"] === null ? { ...row, owner_version: 1_000_000n } : row)),
    ),
  },
  {
    name: "lets-no-null-replace-a-value",
    does: "lets no NULL replace a value",
    breaks: ["upsert/null-overwrites", "upsert/random-histories"],
    parts: merging((incoming, present) =>
      incoming.map((row) => {
        const there = present.find((one) => keyOf(one) === keyOf(row))
        return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value ?? there?.[name] ?? null]))
      }),
    ),
  },
  {
    name: "takes-two-owners-that-are-null-for-different-ones",
    does: "takes two owners that are NULL for different ones",
    breaks: ["upsert/null-overwrites", "upsert/random-histories"],
    parts: merging((incoming, present) =>
      incoming.filter(
        (row) => row["owner"] !== null || !present.some((one) => keyOf(one) === keyOf(row) && one["owner"] === null),
      ),
    ),
  },
  {
    name: "looks-at-the-first-part-of-the-key-alone",
    does: "looks at the first part of the key alone",
    breaks: [
      "upsert/keys-are-exact",
      "upsert/newer-wins",
      "upsert/redelivery-changes-nothing",
      "upsert/random-histories",
    ],
    parts: by((identity) => ({ ...identity, key: [identity.key[0]] })),
  },
  {
    name: "folds-the-case-of-keys",
    does: "folds the case of keys",
    breaks: ["upsert/keys-are-exact"],
    parts: merging((incoming) =>
      incoming.map((row) =>
        typeof row["handle"] === "string" ? { ...row, handle: row["handle"].toLowerCase() } : row,
      ),
    ),
  },
  {
    name: "compares-instants-to-the-millisecond",
    does: "compares instants to the millisecond",
    breaks: ["upsert/timestamp-versions"],
    parts: merging((incoming, present) =>
      incoming.filter((row) => {
        const there = present.find((one) => "inserted_at" in one && keyOf(one) === keyOf(row))
        return there === undefined || millisecond(there) !== millisecond(row)
      }),
    ),
  },
  {
    name: "writes-unchanged-rows-again",
    does: "writes unchanged rows again",
    breaks: ["upsert/redelivery-changes-nothing"],
    parts: {
      place: (table, incoming, attempt) => {
        const placed = honest.place(table, incoming, attempt)
        table.rows = table.rows.map((row) => ({ ...row }))
        return placed
      },
    },
  },
  {
    name: "counts-unchanged-rows-as-updated",
    does: "counts unchanged rows as updated",
    breaks: ["upsert/redelivery-changes-nothing", "upsert/random-histories"],
    parts: {
      place: (table, incoming, attempt) => {
        const { inserted, unchanged, updated } = honest.place(table, incoming, attempt)
        return { inserted, updated: updated + unchanged, unchanged: 0 }
      },
    },
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
