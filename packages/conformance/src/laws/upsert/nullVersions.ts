import type { Law } from "../../Law.ts"
import { account, merging } from "./accounts.ts"
import { settles } from "./deliver.ts"

const unknown = account({ owner: ["nobody", null], profile: ["nothing", null], score: [0, null] })
const oldest = account({ owner: ["ann", 0], profile: ["ann 0", 0], score: [1, 0] })
const negative = account({ owner: ["ann", -5], profile: ["ann -5", -5], score: [1, -5] })

export const nullVersions: Law = {
  name: "upsert/null-versions",
  says: "A version that is NULL is older than every other.",
  when: merging,
  run: (bench) =>
    settles(
      bench,
      [
        { after: "a version where there was NULL", runs: [[unknown], [oldest]], rows: [oldest] },
        { after: "a negative version where there was NULL", runs: [[unknown], [negative]], rows: [negative] },
        { after: "NULL where there was a version", runs: [[oldest], [unknown]], rows: [oldest] },
        { after: "NULL and a version in one run", runs: [[oldest, unknown]], rows: [oldest] },
        {
          after: "NULL where there was NULL",
          runs: [[unknown], [account({ owner: ["ann", null], profile: ["x", null], score: [9, null] })]],
          rows: [unknown],
        },
      ],
      { advice: "A comparison with NULL is neither true nor false: treat NULL as the oldest version." },
    ),
}
