/** Destinations that compare versions wrongly, or stumble over NULL. */
import type { Row } from "../../encoders/index.ts"
import { merging } from "../altering.ts"
import { sameKey } from "./merges.ts"
import type { Saboteur } from "../Saboteur.ts"

const later = (version: Row[string] | undefined) => (typeof version === "bigint" ? version + 1n : null)

const millisecond = (row: Row) => String(row["inserted_at"]).slice(0, 23)

export const versions: ReadonlyArray<Saboteur> = [
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
        const there = present.find(sameKey(row))
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
      incoming.filter((row) => !present.filter(sameKey(row)).some((one) => one["owner_version"] === null)),
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
        const there = present.find(sameKey(row))
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
        (row) => row["owner"] !== null || !present.filter(sameKey(row)).some((one) => one["owner"] === null),
      ),
    ),
  },
  {
    name: "compares-instants-to-the-millisecond",
    does: "compares instants to the millisecond",
    breaks: ["upsert/timestamp-versions"],
    parts: merging((incoming, present) =>
      incoming.filter((row) => {
        const there = present.filter(sameKey(row)).find((one) => "inserted_at" in one)
        return there === undefined || millisecond(there) !== millisecond(row)
      }),
    ),
  },
]
