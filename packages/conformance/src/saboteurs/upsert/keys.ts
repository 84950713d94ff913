/** Destinations that take records for one that are not. */
import { merging } from "../altering.ts"
import { by } from "./merges.ts"
import type { Saboteur } from "../Saboteur.ts"

export const keys: ReadonlyArray<Saboteur> = [
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
]
