import type { Law } from "../../Law.ts"
import { account, merging } from "./accounts.ts"
import { settles } from "./deliver.ts"

const full = account()
const empty = account({ owner: [null, 2], profile: [null, 2], score: [null, 2] })
const again = account({ owner: ["ann", 3], profile: ["ann 3", 3], score: [30, 3] })

export const nullOverwrites: Law = {
  name: "upsert/null-overwrites",
  says: "A newer NULL replaces a value, and a newer value replaces NULL.",
  when: merging,
  run: (bench) =>
    settles(
      bench,
      [
        { after: "a newer NULL", runs: [[full], [empty]], rows: [empty] },
        { after: "a newer value over NULL", runs: [[full], [empty], [again]], rows: [again] },
        { after: "an older value over NULL", runs: [[empty], [full]], rows: [empty] },
        {
          after: "a newer profile within an owner that is NULL",
          runs: [[empty], [account({ owner: [null, 2], profile: ["of nobody", 3], score: [null, 2] })]],
          rows: [account({ owner: [null, 2], profile: ["of nobody", 3], score: [null, 2] })],
        },
      ],
      {
        advice:
          "Take the newer group's values as they are, NULL too (no COALESCE), and compare `within` with IS NOT DISTINCT FROM: NULL is equal to NULL there.",
      },
    ),
}
