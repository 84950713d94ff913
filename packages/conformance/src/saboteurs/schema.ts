/** Destinations that do as they like with a user's table. */
import type { Row } from "../encoders/index.ts"
import { honest } from "../memory/Parts.ts"
import { targetTypeOf } from "../encoders/targetType.ts"
import type { Saboteur } from "./Saboteur.ts"

export const schema: ReadonlyArray<Saboteur> = [
  {
    name: "creates-columns-for-fields-that-are-not-created",
    does: "creates columns for fields that are not created",
    breaks: ["schema/created-as-declared"],
    parts: {
      project: (run, encodings, columns) => {
        const fields = run.model.schema.fields.map((field) => ({ ...field, created: true }))
        const model = { ...run.model, schema: { fields: fields as unknown as typeof run.model.schema.fields } }
        return honest.project({ ...run, model }, encodings, columns)
      },
    },
  },
  {
    name: "creates-columns-in-an-order-of-its-own",
    does: "creates columns in an order of its own",
    breaks: ["schema/created-as-declared", "names/fields"],
    parts: { createTable: (projection) => honest.createTable(projection).toReversed() },
  },
  {
    name: "shows-columns-that-it-does-not-create",
    does: "shows a column for each field before there is a table, also for those that it does not create",
    needs: "tabular",
    breaks: ["schema/created-as-declared"],
    wrap: (plugin) => ({
      ...plugin,
      newTarget: (model) => model.schema.fields.map(({ name }) => ({ field: name, type: "text" })),
    }),
  },
  {
    name: "adds-columns-that-the-table-lacks",
    does: "adds columns that the table lacks",
    breaks: ["schema/fewer-columns", "schema/extra-columns", "schema/other-types", "values/unfit-is-counted"],
    parts: {
      project: (run, encodings, columns) =>
        honest.project(run, encodings, columns?.some(({ name }) => name === "id") ? undefined : columns),
      publish: (store, attempt, committedAt, parts) => {
        const { columns = [] } = store.tables.get(attempt.table) ?? {}
        const lacking = honest
          .createTable(attempt.projection)
          .filter(({ name }) => !columns.some((one) => one.name === name))
        columns.push(...lacking)
        return honest.publish(store, attempt, committedAt, parts)
      },
    },
  },
  {
    name: "never-fills-a-column-that-was-added-by-hand",
    does: "never fills a column that was added by hand",
    breaks: ["schema/fewer-columns"],
    parts: {
      project: (run, encodings, columns) => {
        const created = run.model.schema.fields.filter((field) => field.created).map(({ name }) => name)
        const known = columns?.filter(
          ({ hasDefault, name, nullable }) => created.includes(name) || !nullable || hasDefault,
        )
        return honest.project(run, encodings, known)
      },
    },
  },
  {
    name: "writes-values-by-the-position-of-columns",
    does: "writes values by the position of columns",
    breaks: ["schema/fewer-columns", "schema/extra-columns"],
    parts: {
      place: (table, incoming, attempt) => {
        const byPosition = incoming.map((row): Row => {
          const values = Object.values(row)
          return Object.fromEntries(table.columns.map(({ name }, at) => [name, values[at] ?? null]))
        })
        return honest.place(table, byPosition, attempt)
      },
    },
  },
  {
    name: "looks-for-no-column-that-must-be-filled",
    does: "looks for no column that must be filled",
    breaks: ["schema/extra-columns"],
    parts: {
      project: (run, encodings, columns) =>
        honest.project(
          run,
          encodings,
          columns?.map((column) => ({ ...column, nullable: true })),
        ),
    },
  },
  {
    name: "accepts-columns-of-any-type",
    does: "accepts columns of any type",
    breaks: ["schema/other-types", "values/unfit-is-counted"],
    parts: {
      project: (run, encodings, columns) =>
        honest.project(
          run,
          encodings,
          columns?.map((column) => {
            const field = run.model.schema.fields.find(({ name }) => name === column.name)
            return field === undefined ? column : { ...column, type: targetTypeOf(field.type) }
          }),
        ),
    },
  },
  {
    name: "puts-a-new-table-in-the-place-of-the-users",
    does: "puts a new table in the place of the user's",
    breaks: ["schema/adornments-stay"],
    parts: {
      publish: (store, attempt, committedAt, parts) => {
        const table = store.tables.get(attempt.table)
        if (table !== undefined) store.tables.set(attempt.table, { ...table, adornments: [] })
        return honest.publish(store, attempt, committedAt, parts)
      },
    },
  },
]
