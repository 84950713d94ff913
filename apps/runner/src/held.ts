/** What the ledger holds of a window, and what it says of a run whose own answer was not heard. It counts records and bytes alone. */
import { type Destination, type ExportWindow, Window } from "@batch-exports/core"
import { DateTime, Effect, Stream } from "effect"

type Own = Omit<Extract<ExportWindow.Outcome, { readonly _tag: "Exported" }>, "encoding" | "leftOut">

interface Asked {
  readonly id: string
  readonly export: string
  readonly window: Window.Window
}

/** In order of start. */
export const heldOf = (destination: Destination.Configured, run: Pick<Asked, "export" | "window">) =>
  destination.ledger(run.export).pipe(
    Stream.takeWhile((row) => DateTime.isLessThan(row.window.start, run.window.end)),
    Stream.filter((row) => DateTime.isGreaterThan(row.window.end, run.window.start)),
    Stream.runCollect,
  )

/** The windows that this very run committed, each as an outcome but for what the ledger does not tell. */
export const ownOf = (
  run: Pick<Asked, "id" | "window">,
  held: ReadonlyArray<Destination.LedgerRow>,
): ReadonlyArray<Own> =>
  held
    .filter((row) => row.run === run.id && Window.contains(run.window, row.window))
    .map(({ bytes, committedAt, rows: received, window }): Own => ({
      _tag: "Exported",
      windows: [window],
      sent: { rows: received, adjusted: {} },
      stored: { received, inserted: received, updated: 0, unchanged: 0 },
      bytes,
      committedAt,
      timings: { open: 0, transfer: 0, commit: 0 },
      notices: [],
    }))

export interface Committed {
  /** The window is there, and this run had a part in it. */
  readonly whole: boolean
  readonly parts: number
  readonly rows: number
  readonly bytes: number
}

export const committed = (run: Pick<Asked, "id" | "window">, held: ReadonlyArray<Destination.LedgerRow>): Committed => {
  const own = ownOf(run, held)
  const left = Window.subtract(
    run.window,
    held.map(({ window }) => window),
  )
  return {
    whole: own.length > 0 && left.length === 0,
    parts: own.length,
    rows: own.reduce((all, { stored }) => all + stored.received, 0),
    bytes: own.reduce((all, one) => all + one.bytes, 0),
  }
}

export const committedBy = (destination: Destination.Configured, run: Asked) =>
  Effect.map(heldOf(destination, run), (held) => committed(run, held))
