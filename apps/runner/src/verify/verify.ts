/** Recounts at the source what the ledger says has been exported. Reads only. */
import { type Destination, type ExportError, type Source, SourceError, Window } from "@batch-exports/core"
import { Effect, Stream } from "effect"
import type { Export } from "../config/Config.ts"
import * as Retry from "../retry.ts"
import { type Comparable, isCounted, judge, type Question, questions, type Recount } from "./verdict.ts"

export interface Options {
  readonly export: Export
  readonly source: Source.Opened
  readonly range: Window.Window
  /** Which of the ledger's windows to look at, and none that lies between them; all of the range, unless given. */
  readonly only?: (row: Destination.LedgerRow) => boolean
  /** Told before each window. */
  readonly onWindow?: (index: number, of: number) => Effect.Effect<void>
}

export const verify = Effect.fn("verify")(function* (
  options: Options,
): Effect.fn.Return<ReadonlyArray<Recount>, ExportError> {
  const { source } = options
  const { count } = source
  if (count === undefined) {
    return yield* new SourceError({
      reason: "Unsupported",
      message: `the source of "${options.export.name}" cannot count`,
      remedy: "Compare the two sides by hand.",
    })
  }
  const comparable: Comparable = {
    identity: source.model.identity._tag,
    endless: source.endless ?? false,
    definition: source.definition,
  }
  const { only, range } = options
  // A ledger may be long: what is not asked for is not kept.
  const wanted = (row: Destination.LedgerRow) => Window.overlaps(row.window, range) && (only?.(row) ?? true)
  const asked = questions(yield* ledgerOf(options.export, wanted), range).filter(
    ({ row }) => only === undefined || row !== undefined,
  )
  return yield* Effect.forEach(asked, (question, index) =>
    Effect.andThen(
      options.onWindow?.(index, asked.length) ?? Effect.void,
      Effect.map(recount(count, comparable, question), (rows) => judge(question, comparable, rows)),
    ),
  )
})

/** One after the other: a recount must not be what slows the source down. */
const recount = (count: NonNullable<Source.Opened["count"]>, comparable: Comparable, question: Question) =>
  isCounted(question, comparable) ? Effect.retry(count(question.window), Retry.policy()) : Effect.succeed(undefined)

const ledgerOf = (
  { destination, name }: Export,
  wanted: (row: Destination.LedgerRow) => boolean,
): Effect.Effect<ReadonlyArray<Destination.LedgerRow>, ExportError> =>
  Effect.retry(Stream.runCollect(Stream.filter(destination.ledger(name), wanted)), Retry.policy())
