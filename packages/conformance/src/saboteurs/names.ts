/** Destinations that take one name for another. */
import { honest } from "../memory/Parts.ts"
import type { Saboteur } from "./Saboteur.ts"

const cut = (name: string) => name.slice(0, 62)

export const names: ReadonlyArray<Saboteur> = [
  {
    name: "folds-the-case-of-columns-names",
    does: "folds the case of columns' names",
    breaks: ["names/fields"],
    parts: {
      createTable: (projection) =>
        honest.createTable(projection).map((column) => ({ ...column, name: column.name.toLowerCase() })),
    },
  },
  {
    name: "cuts-columns-names-without-a-hash",
    does: "cuts columns' names without a hash",
    breaks: ["names/fields-too-long", "names/fields"],
    parts: {
      decode: (projection, bytes) =>
        honest
          .decode(projection, bytes)
          .map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [cut(name), value]))),
    },
  },
  {
    name: "folds-the-case-of-tables-names",
    does: "folds the case of tables' names",
    breaks: ["names/tables"],
    parts: {
      publish: (store, attempt, committedAt, parts) => {
        const all = [...store.tables.keys()]
        const table = all.find((name) => name.toLowerCase() === attempt.table.toLowerCase()) ?? attempt.table
        return honest.publish(store, { ...attempt, table }, committedAt, parts)
      },
    },
  },
  {
    name: "cuts-the-names-of-exports-in-the-ledger",
    does: "cuts the names of exports in the ledger",
    breaks: ["names/exports"],
    parts: {
      missing: (store, run) => {
        const others = store.ledger.filter((entry) => cut(entry.export) === cut(run.export))
        return others.length > 0
          ? honest.missing(store, { ...run, export: others[0]!.export })
          : honest.missing(store, run)
      },
    },
  },
]
