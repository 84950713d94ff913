import type { Law } from "../../Law.ts"
import { account, merging } from "./accounts.ts"
import { settles } from "./deliver.ts"

const first = account({ owner: ["ann", 5], profile: ["ann 5", 5], score: [50, 5] })
const newer = account({ owner: ["ann", 6], profile: ["ann 6", 6], score: [60, 6] })
const other = account({ handle: "other" })

export const newerWins: Law = {
  name: "upsert/newer-wins",
  says: "Of two records with one key the newer stays, in whichever order they arrive; equal versions change nothing.",
  when: merging,
  run: (bench) =>
    settles(
      bench,
      [
        { after: "a newer record", runs: [[first, other], [newer]], rows: [newer, other] },
        { after: "an older record that came late", runs: [[newer], [first, other]], rows: [newer, other] },
        { after: "newer, older, newer", runs: [[first], [newer], [first], [newer]], rows: [newer] },
        {
          after: "other content of an equal version",
          runs: [[first], [account({ owner: ["bob", 5], profile: ["bob 9", 9], score: [99, 5] })]],
          rows: [first],
        },
      ],
      { advice: "Replace what is there only where the incoming version is greater: `>`, neither always nor `>=`." },
    ),
}
