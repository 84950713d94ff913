/** The whole table of failures as data: what the documentation prints, and what the tests walk. */
import { Reason } from "@batch-exports/core"
import type { Circumstances } from "./Circumstances.ts"
import * as network from "./network.ts"
import * as pooler from "./pooler.ts"
import type { Rule } from "./Rule.ts"
import { classes } from "./sqlstateClasses.ts"
import * as sqlstates from "./sqlstates.ts"

export interface Entry {
  readonly code: string
  /** What the server calls it, or what the error says. */
  readonly name: string
  readonly reason: Reason.Reason
  readonly recovery: Reason.Recovery
  readonly remedy: string
}

export interface Table {
  /** By code; `during COPY` where a code says something else of a value. */
  readonly codes: ReadonlyArray<Entry>
  /** What holds for the other codes of a class. */
  readonly classes: ReadonlyArray<Entry>
  /** Of PgBouncer, by its words. */
  readonly pooler: ReadonlyArray<Entry>
  /** Of the network, of TLS and of the driver. */
  readonly network: ReadonlyArray<Entry>
}

/** The names that the user's page uses. */
const example: Circumstances = {
  action: "exporting",
  phase: "transfer",
  names: {
    user: "posthog",
    host: "db.example.com",
    port: 5432,
    database: "analytics",
    schema: "posthog_exports",
    table: "events",
    ledgerTable: "batch_exports_ledger",
  },
}

const entry = (code: string, name: string, { reason, remedy }: Rule): Entry => ({
  code,
  name,
  reason,
  recovery: Reason.recovery(reason),
  remedy: remedy(example),
})

/** A pattern as people would say it. */
const spoken = (pattern: string): string =>
  pattern
    .replaceAll("[ _]", " ")
    .replaceAll(/\(\?:|[\^$?()"]|\.\*/g, "")
    .replaceAll(/ +/g, " ")
    .trim()

const byCode = (a: Entry, b: Entry): number => (a.code < b.code ? -1 : a.code > b.code ? 1 : 0)

export const table = (): Table => ({
  codes: [
    ...Object.entries(sqlstates.exact).map(([code, rule]) => entry(code, sqlstates.names[code] ?? "", rule)),
    ...Object.entries(sqlstates.copying).map(([code, rule]) => entry(`${code}, of a value`, rule.says ?? "", rule)),
    ...Object.entries(sqlstates.conditions).flatMap(([code, says]) => {
      const rule = sqlstates.find(code)
      return rule === undefined ? [] : [entry(code, `${sqlstates.names[code]}: ${says}`, rule)]
    }),
  ].sort(byCode),
  classes: Object.entries(classes)
    .map(([code, [title, rule]]) => entry(code, title, rule))
    .sort(byCode),
  pooler: pooler.wordings.map(([pattern, rule]) =>
    entry("08P01", pattern.source.split("|").map(spoken).join("; "), rule),
  ),
  network: network.all.map(({ code, rule: { reason, remedy, says } }) => ({
    code,
    name: says,
    reason,
    recovery: Reason.recovery(reason),
    remedy,
  })),
})
