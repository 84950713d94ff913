/** `batch-exports ledger`: which windows a destination says it has, and the two things that a person may change about that. */
import { type Destination, Window } from "@batch-exports/core"
import { Console, DateTime, Effect, Option, Stream } from "effect"
import { Command, Flag } from "effect/cli"
import { reported, usage } from "./failure.ts"
import * as Flags from "./flags.ts"
import * as Format from "./format.ts"

const show = Command.make(
  "show",
  Flags.ofExport,
  Effect.fn("ledger show")(function* (flags) {
    const { destination, name } = yield* Flags.findExport(flags)
    const rows = yield* Stream.runCollect(destination.ledger(name)).pipe(
      Effect.catch((error) => reported(error, flags.json)),
    )
    yield* Console.log(flags.json ? JSON.stringify(rows.map(asData)) : describe(rows))
  }),
).pipe(Command.withDescription("List the windows that have been exported"))

export interface LedgerRowData {
  readonly window: string
  readonly rows: number
  readonly bytes: number
  readonly run: string
  readonly definition: string
  readonly committedAt: string
}

const asData = ({ bytes, committedAt, definition, rows, run, window }: Destination.LedgerRow): LedgerRowData => ({
  window: Window.format(window),
  rows,
  bytes,
  run,
  definition,
  committedAt: DateTime.formatIso(committedAt),
})

const describe = (rows: ReadonlyArray<Destination.LedgerRow>): string =>
  rows.length === 0
    ? "no windows have been exported"
    : Format.table(
        ["window", "rows", "bytes", "run", "committed"],
        rows.map((row) => [
          Window.format(row.window),
          Format.count(row.rows),
          Format.bytes(row.bytes),
          row.run,
          DateTime.formatIso(row.committedAt),
        ]),
        ["rows", "bytes"],
      )

const forget = Command.make(
  "forget",
  {
    ...Flags.ofExport,
    window: Flags.window.pipe(Flag.optional),
    all: Flag.Boolean("all").pipe(Flag.withDescription("Forget every window of the export"), Flag.withDefault(false)),
  },
  Effect.fn("ledger forget")(function* (flags) {
    if (Option.isSome(flags.window) === flags.all) {
      return yield* usage("say which windows to forget: --window <start>/<end>, or --all", flags.json)
    }
    const window = Option.isNone(flags.window) ? undefined : yield* Flags.parseWindow(flags.window.value, flags.json)
    const { destination, name } = yield* Flags.findExport(flags)
    const forgotten = yield* destination.forget(name, window).pipe(Effect.catch((error) => reported(error, flags.json)))
    yield* Console.log(
      flags.json
        ? JSON.stringify({ export: name, forgotten })
        : `${name}  ${Format.plural(forgotten, "window")} forgotten; the records are still there`,
    )
  }),
).pipe(
  Command.withDescription(
    "Take windows out of the ledger, so that they are exported again. Their records stay: remove them first, or they will be there twice.",
  ),
)

const accept = Command.make(
  "accept",
  Flags.ofExport,
  Effect.fn("ledger accept")(function* (flags) {
    const { destination, name } = yield* Flags.findExport(flags)
    const accepted = yield* destination.accept(name).pipe(Effect.catch((error) => reported(error, flags.json)))
    yield* Console.log(
      flags.json
        ? JSON.stringify({ export: name, accepted })
        : `${name}  ${Format.plural(accepted, "window")} accepted as being in the table that is there now`,
    )
  }),
).pipe(Command.withDescription("Say that the table that is there now holds the exported windows: after a restore"))

export const ledger = Command.make("ledger").pipe(
  Command.withDescription("Show or mend what the destination says has been exported"),
  Command.withSubcommands([show, forget, accept]),
)
