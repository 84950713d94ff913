/** A destination that promises less and keeps it: each window is visible as soon as it is whole, and there is no ledger. */
import { type Capabilities, Run } from "@batch-exports/core"
import { honest, type Parts } from "./Parts.ts"

export const weak: Parts = {
  ...honest,
  missing: (_, run) => [run.window],
  stage: (store, attempt, part) => {
    attempt.parts.push(part)
    const table = store.tables.get(attempt.table)
    if (table !== undefined) honest.place(table, part.rows, attempt)
  },
  publish: (_, attempt) =>
    attempt.parts.reduce(
      (stored, { rows }) =>
        Run.addStored(stored, { received: rows.length, inserted: rows.length, updated: 0, unchanged: 0 }),
      Run.emptyStored,
    ),
}

export const weakCapabilities: Partial<Capabilities.Capabilities> = {
  types: ["Text", "Int"],
  identities: ["Append"],
  modes: ["once"],
  visibility: "batch",
  ledger: "none",
  target: "stream",
}
