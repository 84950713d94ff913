import type { Model } from "@batch-exports/core"
import type { Law } from "../../Law.ts"
import { account, accounts, merging } from "./accounts.ts"
import { settles } from "./deliver.ts"

/** The score alone takes ties. */
const taking = (identity: Model.Identity): Model.Model => ({
  ...accounts,
  identity:
    identity._tag === "Upsert"
      ? {
          ...identity,
          versions: identity.versions.map((group) =>
            group.version === "score_version" ? { ...group, ties: "take" as const } : group,
          ),
        }
      : identity,
})

const low = account({ score: [1, 5] })
const high = account({ score: [2, 5] })
const older = account({ score: [9, 4] })
const unknown = account({ score: [3, null] })
const otherUnknown = account({ score: [4, null] })
const otherProfile = account({ profile: ["ann too", 1], score: [1, 5] })

export const tiesAreTaken: Law = {
  name: "upsert/ties-are-taken-where-a-group-says-so",
  says: "Of records with equal versions a group keeps the first, or takes the last where it says so.",
  when: merging,
  run: (bench) =>
    settles(
      bench,
      [
        { after: "an equal version in a later run", runs: [[low], [high]], rows: [high] },
        { after: "an equal version in the same run", runs: [[high, low]], rows: [low] },
        { after: "an older version", runs: [[low], [older]], rows: [low] },
        { after: "NULL twice, which is not equal", runs: [[unknown], [otherUnknown]], rows: [unknown] },
        { after: "an equal version of a group that keeps", runs: [[low], [otherProfile]], rows: [low] },
      ],
      {
        model: taking(accounts.identity),
        advice: "Where VersionGroup.ties is `take`, let a record with an equal version replace one that differs.",
      },
    ),
}
