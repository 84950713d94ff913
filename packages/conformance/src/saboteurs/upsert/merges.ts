/** What saboteurs that merge wrongly have in common. */
import type { Model } from "@batch-exports/core"
import type { Row } from "../../encoders/index.ts"
import { upsert as merge } from "../../memory/merge.ts"
import { honest, type Parts } from "../../memory/Parts.ts"

/** The honest merge, by another identity than the model's. */
export const by = (change: (identity: Model.Upsert) => Model.Upsert): Pick<Parts, "place"> => ({
  place: (table, incoming, attempt) =>
    attempt.identity._tag === "Upsert"
      ? merge(table.rows, incoming, change(attempt.identity))
      : honest.place(table, incoming, attempt),
})

/** Of the records that the laws send. */
export const keyOf = (row: Row) => `${String(row["team"])} ${String(row["handle"] ?? row["id"])}`

export const sameKey = (row: Row) => (one: Row) => keyOf(one) === keyOf(row)
