/** Destinations that keep the wrong one of two records with one key, or count it wrongly. */
import { append, upsert as merge } from "../../memory/merge.ts"
import { honest } from "../../memory/Parts.ts"
import { merging } from "../altering.ts"
import { by, keyOf, sameKey } from "./merges.ts"
import type { Saboteur } from "../Saboteur.ts"

/** Every law in which two versions of a record meet. */
const ofVersions = [
  "upsert/within-a-run",
  "upsert/groups-move-alone",
  "upsert/null-versions",
  "upsert/null-overwrites",
  "upsert/timestamp-versions",
  "upsert/redelivery-changes-nothing",
  "upsert/random-histories",
  "upsert/ties-are-taken-where-a-group-says-so",
] as const

export const records: ReadonlyArray<Saboteur> = [
  {
    name: "appends-where-it-should-merge",
    does: "appends where it should merge",
    breaks: ["upsert/newer-wins", ...ofVersions, "upsert/keys-are-exact", "replay/fill"],
    parts: { place: (table, incoming) => append(table.rows, incoming) },
  },
  {
    name: "keeps-whatever-came-last",
    does: "keeps whatever came last",
    breaks: ["upsert/newer-wins", ...ofVersions],
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
    breaks: ["upsert/newer-wins", ...ofVersions, "upsert/keys-are-exact"],
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
    parts: merging((incoming) => incoming.filter((row, at) => incoming.findIndex(sameKey(row)) === at)),
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
    parts: merging((incoming) => incoming.filter((row, at) => incoming.findLastIndex(sameKey(row)) === at)),
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
]
