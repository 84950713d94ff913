import type { Law } from "../../Law.ts"
import { account, merging } from "./accounts.ts"
import { settles } from "./deliver.ts"

export const groupsMoveAlone: Law = {
  name: "upsert/groups-move-alone",
  says: "Each version group moves by its own version; versions within a field count only while that field is the same.",
  when: merging,
  run: (bench) =>
    settles(
      bench,
      [
        {
          after: "a newer score with an older owner",
          runs: [
            [account({ owner: ["ann", 5], profile: ["ann 5", 5] })],
            [account({ owner: ["bob", 4], profile: ["bob 9", 9], score: [20, 2] })],
          ],
          rows: [account({ owner: ["ann", 5], profile: ["ann 5", 5], score: [20, 2] })],
        },
        {
          after: "a newer profile of the same owner, whose own version is older",
          runs: [
            [account({ owner: ["ann", 5], profile: ["ann 5", 5] })],
            [account({ owner: ["ann", 4], profile: ["ann 6", 6] })],
          ],
          rows: [account({ owner: ["ann", 5], profile: ["ann 6", 6] })],
        },
        {
          after: "the same owner confirmed, with an older profile",
          runs: [
            [account({ owner: ["ann", 5], profile: ["ann 5", 5] })],
            [account({ owner: ["ann", 6], profile: ["ann 4", 4] })],
          ],
          rows: [account({ owner: ["ann", 6], profile: ["ann 5", 5] })],
        },
        {
          after: "another owner, whose profile has a lower version",
          runs: [
            [account({ owner: ["ann", 6], profile: ["ann 40", 40] })],
            [account({ owner: ["bob", 7], profile: ["bob 3", 3] })],
          ],
          rows: [account({ owner: ["bob", 7], profile: ["bob 3", 3] })],
        },
        {
          after: "the former owner came late, twice, with a higher profile version",
          runs: [
            [account({ owner: ["bob", 7], profile: ["bob 3", 3] })],
            [account({ owner: ["ann", 6], profile: ["ann 40", 40] })],
            [account({ owner: ["ann", 6], profile: ["ann 40", 40] })],
          ],
          rows: [account({ owner: ["bob", 7], profile: ["bob 3", 3] })],
        },
        {
          after: "two owners in one run, the former with a higher profile version",
          runs: [
            [
              account({ owner: ["ann", 6], profile: ["ann 40", 40] }),
              account({ owner: ["bob", 7], profile: ["bob 3", 3] }),
              account({ owner: ["ann", 5], profile: ["ann 41", 41] }),
            ],
          ],
          rows: [account({ owner: ["bob", 7], profile: ["bob 3", 3] })],
        },
        {
          after: "an owner who comes back",
          runs: [
            [account({ owner: ["ann", 1], profile: ["ann 9", 9] })],
            [account({ owner: ["bob", 2], profile: ["bob 1", 1] })],
            [account({ owner: ["ann", 3], profile: ["ann 10", 10] })],
          ],
          rows: [account({ owner: ["ann", 3], profile: ["ann 10", 10] })],
        },
      ],
      {
        advice:
          "Compare each group's own version. A group with `within` is compared only while those fields are equal; otherwise it moves if, and only if, the group that owns them moves.",
      },
    ),
}
