/** What the demo shows at its end: each window, both sides, and whether they agree. */
import { Window } from "@batch-exports/core"
import type { Comparison } from "@batch-exports/demo"
import type { Finished } from "../runExport.ts"
import * as Format from "./format.ts"

export interface Report {
  readonly windows: ReadonlyArray<WindowReport>
  /** Rows in Postgres that belong to none of the windows. */
  readonly unexplainedRows: number
  readonly newRows: number
  readonly equal: boolean
}

interface WindowReport {
  readonly window: string
  readonly status: "exported" | "already-exported"
  readonly newRows: number
  readonly sourceRows: number
  readonly postgresRows: number
  readonly adjusted: Readonly<Record<string, number>>
  readonly bytes: number
  readonly milliseconds: number
  readonly sourceHash: string
  readonly postgresHash: string
  readonly equal: boolean
  readonly difference: unknown
}

export const make = (
  runs: ReadonlyArray<{ readonly window: Window.Window; readonly finished: Finished }>,
  comparison: Comparison,
): Report => {
  const windows = runs.map(({ finished: { milliseconds, outcome }, window }, index): WindowReport => {
    const compared = comparison.windows[index]
    const exported = outcome._tag === "Exported" ? outcome : undefined
    return {
      window: Window.format(window),
      status: exported === undefined ? "already-exported" : "exported",
      newRows: exported?.stored.inserted ?? 0,
      sourceRows: compared?.sourceRows ?? 0,
      postgresRows: compared?.targetRows ?? 0,
      // What the oracle counted, so that a second look at exported windows shows it too.
      adjusted: { ...compared?.adjusted },
      bytes: exported?.bytes ?? 0,
      milliseconds,
      sourceHash: compared?.sourceHash ?? "",
      postgresHash: compared?.targetHash ?? "",
      equal: compared?.equal ?? false,
      difference: compared?.difference ?? null,
    }
  })
  return {
    windows,
    unexplainedRows: comparison.unexplained.rows,
    newRows: windows.reduce((sum, { newRows }) => sum + newRows, 0),
    equal: comparison.equal,
  }
}

export const describe = (report: Report): string => {
  const rows = report.windows.map((window) => [
    `${window.window.slice(0, 16).replace("T", " ")} UTC`,
    Format.count(window.sourceRows),
    Format.count(window.postgresRows),
    window.status === "exported" ? Format.count(window.newRows) : "already exported",
    Format.count(Object.values(window.adjusted).reduce((sum, n) => sum + n, 0)),
    Format.bytes(window.bytes),
    (window.milliseconds / 1000).toFixed(1),
    window.sourceHash.slice(0, 12),
    window.postgresHash.slice(0, 12),
    window.equal ? "equal" : "DIFFERENT",
  ])
  const head = [
    "window",
    "source",
    "Postgres",
    "new",
    "adjusted",
    "bytes",
    "seconds",
    "source hash",
    "Postgres hash",
    "",
  ]
  const right = ["source", "Postgres", "new", "adjusted", "bytes", "seconds"]
  const differences = report.windows.filter((window) => window.difference !== null)
  return [
    Format.table(head, rows, right),
    "",
    report.equal
      ? `Both sides agree: ${Format.plural(report.windows.length, "window")}, ${Format.plural(report.newRows, "new row")}.`
      : "The two sides differ.",
    ...(report.unexplainedRows > 0
      ? [`Rows in Postgres that belong to no window: ${Format.count(report.unexplainedRows)}.`]
      : []),
    ...differences.map(({ difference, window }) => `${window}: ${JSON.stringify(difference)}`),
  ].join("\n")
}
