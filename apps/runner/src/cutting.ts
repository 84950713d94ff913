/**
 * What a run has to do: its window, or, where one transaction should not carry that much, sub-windows of it. Planned from what
 * the ledger holds and not from what an earlier attempt remembers, so that a run that died goes on with the rest.
 */
import { type Destination, type ExportError, ExportWindow, Run, type Source, Window } from "@batch-exports/core"
import { DateTime, Effect, Fiber, type Scope } from "effect"
import type { SubWindows } from "./config/SubWindows.ts"
import { heldOf, ownOf } from "./held.ts"
import { openOnce } from "./openOnce.ts"

export interface Request {
  readonly source: Source.Opened
  readonly destination: Destination.Configured
  readonly run: ExportWindow.Request["run"]
  readonly limits: SubWindows | undefined
}

export interface Work {
  /** In order of start. */
  readonly parts: ReadonlyArray<Source.Cut>
  /** What an earlier attempt of this run has exported of it. */
  readonly before: ExportWindow.Outcome | undefined
  /** Where the first part goes: open already, where it is the whole window and all of it is new. */
  readonly destination: Destination.Configured
  /** Milliseconds that this took. */
  readonly opening: number
}

export const workOf = Effect.fn("workOf")(function* (
  request: Request,
): Effect.fn.Return<Work, ExportError, Scope.Scope> {
  const { destination, run, source } = request
  const whole = [{ window: run.window, holds: undefined }]
  if (!mayBeCut(request)) return { parts: whole, before: undefined, destination, opening: 0 }
  const asked = ExportWindow.makeRun(request)
  yield* ExportWindow.refuse(asked, destination.plugin)
  // A window that is open is not worth a look at where its records lie.
  yield* ExportWindow.closed(source, run.window)
  // While the destination is opened: a small window's time goes into such questions. Of one that is exported already, nobody waits
  // for the answer.
  const cutting = yield* Effect.forkScoped(cut(request))
  const opened = yield* openOnce(destination, asked)
  const { missing } = opened.sink
  const isNew = Window.subtract(run.window, missing).length === 0
  // Reading the ledger connects anew, and a user may have but one connection.
  if (!isNew) yield* opened.close
  const before = isNew ? undefined : yield* exported(request, opened.sink)
  if (missing.length === 0) {
    yield* Fiber.interrupt(cutting)
    // Its rows were counted when they were exported.
    const there: ExportWindow.Outcome = { _tag: "AlreadyExported", notices: before?.notices ?? [] }
    return { parts: [], before: there, destination, opening: opened.took }
  }
  const parts = yield* Fiber.join(cutting)
  if (parts.length === 0) return { parts: whole, before, destination: opened.destination, opening: opened.took }
  yield* opened.close
  return { parts: rest(parts, missing), before, destination, opening: opened.took }
})

/** Empty: the run is one transaction. Modes that export again take each of the ledger's windows as the whole that it was. */
export const cut = ({ limits, run, source }: Omit<Request, "destination">) =>
  limits === undefined || source.cut === undefined || !mayBeCut({ limits, run, source })
    ? Effect.succeed([])
    : Effect.map(source.cut(run.window, limits), (parts) => (parts.length > 1 ? parts : []))

const mayBeCut = ({ limits, run, source }: Omit<Request, "destination">) =>
  limits !== undefined && source.cut !== undefined && run.mode === "once"

/** Parts less what is not missing. A part that was exported by half is about as large as its rest. */
export const rest = (
  parts: ReadonlyArray<Source.Cut>,
  missing: ReadonlyArray<Window.Window>,
): ReadonlyArray<Source.Cut> =>
  parts.flatMap(({ holds, window }) => {
    const done = Window.subtract(window, missing)
    return Window.subtract(window, done).map((left) => ({ window: left, holds }))
  })

/** Each sub-window looks at its own rows of the ledger only; here all of them are seen. */
const exported = Effect.fnUntraced(function* (
  { destination, run, source }: Request,
  { projection }: Pick<Destination.Sink, "projection">,
) {
  const { encoding, leftOut } = projection
  const held = yield* heldOf(destination, run)
  return ownOf(run, held)
    .map((own): ExportWindow.Outcome => ({ ...own, encoding, leftOut }))
    .reduce(sum, { _tag: "AlreadyExported", notices: redefined(source.definition, held) })
})

/** Silence would leave old and new records side by side unnoticed. */
export const redefined = (
  definition: string,
  held: ReadonlyArray<Pick<Destination.LedgerRow, "definition">>,
): ReadonlyArray<string> => {
  const others = held.filter((row) => row.definition !== definition).length
  return others === 0
    ? []
    : [
        `${others} committed window${others === 1 ? " was" : "s were"} exported with another definition (fields or filters have changed since) and will not be exported again.`,
      ]
}

/** What came of a run, of all its parts together. */
export const total = (outcomes: ReadonlyArray<ExportWindow.Outcome>): ExportWindow.Outcome => {
  const all = outcomes.reduce(sum, { _tag: "AlreadyExported", notices: [] })
  return all._tag === "Exported" && outcomes.filter(({ _tag }) => _tag === "Exported").length > 1
    ? { ...all, notices: [...all.notices, `Cut into ${all.windows.length} sub-windows, each committed by itself.`] }
    : all
}

/** What was opened before the window was cut counts, too. */
export const openedFor = (outcome: ExportWindow.Outcome, milliseconds: number): ExportWindow.Outcome =>
  outcome._tag === "AlreadyExported"
    ? outcome
    : { ...outcome, timings: { ...outcome.timings, open: outcome.timings.open + milliseconds } }

/** Of two parts of a run as of one. */
export const sum = (a: ExportWindow.Outcome, b: ExportWindow.Outcome): ExportWindow.Outcome => {
  const notices = [...new Set([...a.notices, ...b.notices])]
  if (a._tag === "AlreadyExported") return { ...b, notices }
  if (b._tag === "AlreadyExported") return { ...a, notices }
  return {
    _tag: "Exported",
    windows: [...a.windows, ...b.windows].sort(Window.byStart),
    sent: Run.addTally(a.sent, b.sent),
    stored: Run.addStored(a.stored, b.stored),
    bytes: a.bytes + b.bytes,
    encoding: b.encoding,
    leftOut: b.leftOut,
    committedAt: DateTime.max(a.committedAt, b.committedAt),
    timings: {
      open: a.timings.open + b.timings.open,
      transfer: a.timings.transfer + b.timings.transfer,
      commit: a.timings.commit + b.timings.commit,
    },
    notices,
  }
}
