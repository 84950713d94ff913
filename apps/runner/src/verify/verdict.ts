/** What a recount of a window says about its export. Pure. */
import { type Destination, type Model, Window } from "@batch-exports/core"

/**
 * `late`: rows with a time of this window became visible after it was exported. `missing`: the window lies between exported ones,
 * holds rows, and was never exported. `fewer`: rows are gone from the source. `changing`: records that change say nothing by their
 * number. `redefined`: exported with other fields or filters, so the numbers are of different things.
 */
export type Verdict = "equal" | "late" | "missing" | "fewer" | "changing" | "redefined"

export interface Recount {
  readonly window: Window.Window
  readonly verdict: Verdict
  /** Undefined: the ledger does not hold the window. */
  readonly ledgerRows: number | undefined
  /** Undefined: not counted, since nothing would follow from it. */
  readonly sourceRows: number | undefined
}

/** How the numbers of an export's windows can be compared. */
export interface Comparable {
  readonly identity: Model.Identity["_tag"]
  readonly endless: boolean
  readonly definition: string
}

/** A window to look at: one of the ledger, or a gap between two of them. */
export interface Question {
  readonly window: Window.Window
  readonly row: Destination.LedgerRow | undefined
}

/** The ledger's windows that reach into the range, and the gaps between them, in order. */
export const questions = (
  ledger: ReadonlyArray<Destination.LedgerRow>,
  range: Window.Window,
): ReadonlyArray<Question> => {
  const rows = ledger.filter(({ window }) => Window.overlaps(window, range))
  const [first, last] = [rows[0], rows.at(-1)]
  if (first === undefined || last === undefined) return []
  const whole = new Window.Window({ start: first.window.start, end: last.window.end })
  const gaps = Window.subtract(
    whole,
    rows.map(({ window }) => window),
  )
  return [
    ...rows.map((row) => ({ window: row.window, row })),
    ...gaps.map((window) => ({ window, row: undefined })),
  ].sort((a, b) => Window.byStart(a.window, b.window))
}

/** Whether the source has to be asked. */
export const isCounted = ({ row }: Question, { definition, endless }: Comparable): boolean =>
  row === undefined || (!endless && row.definition === definition)

export const judge = (question: Question, comparable: Comparable, sourceRows: number | undefined): Recount => {
  const { row, window } = question
  const recount = (verdict: Verdict): Recount => ({ window, verdict, ledgerRows: row?.rows, sourceRows })
  if (row === undefined) return recount(sourceRows === 0 ? "equal" : "missing")
  if (row.definition !== comparable.definition) return recount("redefined")
  if (sourceRows === undefined) return recount("changing")
  if (sourceRows === row.rows) return recount("equal")
  // Of records that replace others, fewer are left in a window when they changed again after it.
  if (sourceRows < row.rows) return recount(comparable.identity === "Upsert" ? "changing" : "fewer")
  return recount("late")
}

const meanings: Record<Verdict, string> = {
  equal: "",
  late: "came after the export: batch-exports repair brings them",
  missing: "never exported: batch-exports backfill brings them",
  fewer: "gone from the source: merged copies, or deleted",
  changing: "records change: their number says nothing",
  redefined: "exported with other fields or filters",
}

export const meaning = ({ verdict }: Recount): string => meanings[verdict]

/** Rows that the destination lacks, as far as numbers can tell. */
export const lacking = ({ ledgerRows = 0, sourceRows = 0, verdict }: Recount): number =>
  verdict === "late" || verdict === "missing" ? sourceRows - ledgerRows : 0
