/** The harness of the reference destination; an example of one, too. */
import { FieldType } from "@batch-exports/core"
import { Effect, Layer, type Scope } from "effect"
import { randomUUID } from "node:crypto"
import type { Row } from "../encoders/index.ts"
import { Harness, type Shape, type Tabular, type Target } from "../Harness.ts"
import { classify, codes } from "./connect.ts"
import { honest, type Parts } from "./Parts.ts"
import { widenings } from "./project.ts"
import { serve, type Server } from "./Server.ts"
import { targetTypeOf } from "../encoders/targetType.ts"
import * as Store from "./Store.ts"

export interface Options {
  readonly parts?: Parts
  /** What child processes import instead of the honest destination. */
  readonly module?: string
  /** For a variant that is not `tabular`. */
  readonly stream?: boolean
}

export const make = (options: Options = {}): Shape => ({
  module:
    options.module ?? new URL(import.meta.url.endsWith(".ts") ? "./module.ts" : "./module.js", import.meta.url).href,
  fresh: Effect.map(fresh(options.parts ?? honest), (target) =>
    options.stream === true ? withoutTable(target) : target,
  ),
  failures: {
    classify: (error: unknown) => classify(error),
    examples: Object.entries(codes).map(([code, reason]) => ({
      error: Object.assign(new Error(`${code} happened`), { code }),
      reason,
    })),
  },
})

export const layer = (options: Options = {}): Layer.Layer<Harness> => Layer.succeed(Harness, make(options))

const fresh = (parts: Parts): Effect.Effect<Target, never, Scope.Scope> =>
  Effect.gen(function* () {
    const store = Store.make()
    const password = `secret-${randomUUID()}`
    const server = yield* serve(store, parts, password)
    return target({ store, server, password, schema: "public", table: "things" })
  })

const withoutTable = ({ config, leftovers, misconfigured, network, rows }: Target): Target => ({
  config,
  leftovers,
  misconfigured,
  rows,
  ...(network === undefined ? {} : { network }),
})

interface At {
  readonly store: Store.Store
  readonly server: Server
  readonly password: string
  readonly schema: string
  readonly table: string
}

const target = (at: At): Target => {
  const { password, schema, server, store, table } = at
  const config = { ...server, password, schema, table }
  return {
    config,
    rows: () => Effect.sync(() => rowsOf(at)),
    writes: Effect.sync(() => (tableOf(at)?.rows ?? []).map(nameOf)),
    leftovers: Effect.sync(() => [...store.aside]),
    network: { server, through: (proxy) => ({ ...config, ...proxy }) },
    misconfigured: [
      {
        when: "the password is wrong",
        config: { ...config, password: "another-password" },
        step: "authenticate",
        reason: "AuthenticationFailed",
      },
    ],
    tabular: tabular(at),
  }
}

/** A column that was added later is NULL in the rows that were there. */
const rowsOf = (at: At): ReadonlyArray<Row> => {
  const table = tableOf(at)
  const empty = Object.fromEntries((table?.columns ?? []).map(({ name }) => [name, null]))
  return (table?.rows ?? []).map((row) => ({ ...empty, ...row }))
}

/** Rows are replaced, never changed, so a row that is the same object was not written. */
const names = new WeakMap<Row, string>()
const nameOf = (row: Row): string => {
  const name = names.get(row) ?? randomUUID()
  names.set(row, name)
  return name
}

const tableOf = ({ schema, store, table }: At) => store.tables.get(Store.tableKey(schema, table))

const tabular = (at: At): Tabular => ({
  named: (names) => Effect.succeed(target({ ...at, ...names })),
  nameBytes: 63,
  create: (columns) =>
    Effect.sync(() => {
      at.store.tables.set(Store.tableKey(at.schema, at.table), { columns: [...columns], rows: [], adornments: [] })
    }),
  addColumn: (column) =>
    Effect.sync(() => {
      tableOf(at)?.columns.push(column)
    }),
  columns: Effect.sync(() => tableOf(at)?.columns),
  adorn: Effect.sync(() => {
    tableOf(at)?.adornments.push("an index")
  }),
  adornments: Effect.sync(() => tableOf(at)?.adornments ?? []),
  typeName: targetTypeOf,
  accepts: widenings,
  refuses: [
    { field: FieldType.text(), column: "bigint" },
    { field: FieldType.int64, column: "integer" },
    { field: FieldType.timestamp(6), column: "date" },
  ],
})
