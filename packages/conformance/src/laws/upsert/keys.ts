import type { Row } from "../../encoders/index.ts"
import type { Law } from "../../Law.ts"
import { account, merging } from "./accounts.ts"
import { settles } from "./deliver.ts"

/** Texts that something on the way might take for one another. */
const handles = [
  "",
  " ",
  "a",
  "A",
  "a ",
  " a",
  "é",
  "e\u0301",
  "a,b",
  "a\tb",
  'a"b',
  "a'b",
  "a\\b",
  "a\nb",
  "NULL",
  "null",
  "\u{1f600}",
  "ß",
  "ss",
  "1",
  "01",
  "%",
  "_",
]

const keys = handles.flatMap((handle, index) => [
  { team: 1, handle },
  { team: 2, handle },
  // Together with the handle, the same text as another's.
  { team: index + 10, handle: `1${handle}` },
])

const rowsAt = (version: number): ReadonlyArray<Row> =>
  keys.map((key) =>
    account({ ...key, owner: ["ann", version], profile: [`ann ${version}`, version], score: [version, version] }),
  )

export const keysAreExact: Law = {
  name: "upsert/keys-are-exact",
  says: "Records are one only if all parts of their key are the same, character for character.",
  when: merging,
  run: (bench) =>
    settles(bench, [{ after: "a newer record for each of many keys", runs: [rowsAt(1), rowsAt(2)], rows: rowsAt(2) }], {
      advice: "Compare every part of the key by itself, with no case folding, no trimming and no normalisation.",
    }),
}
