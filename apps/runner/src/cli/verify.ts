/** `batch-exports verify`: recounts exported windows at the source. */
import { Window } from "@batch-exports/core"
import { Console, Effect } from "effect"
import { Command } from "effect/cli"
import { lacking, meaning, type Recount, type Verdict } from "../verify/verdict.ts"
import { verify as recount } from "../verify/verify.ts"
import { CommandFailed, reported } from "./failure.ts"
import * as Flags from "./flags.ts"
import * as Format from "./format.ts"
import * as ProgressLine from "./progressLine.ts"
import * as Range from "./range.ts"

export const verify = Command.make(
  "verify",
  { ...Flags.ofExport, from: Range.from, to: Range.to },
  Effect.fn("verify")(function* (flags) {
    const range = yield* Range.parse(flags)
    const definition = yield* Flags.findExport(flags)
    const found = yield* Effect.gen(function* () {
      const line = yield* ProgressLine.make({ enabled: !flags.json })
      return yield* recount({
        export: definition,
        source: yield* definition.source.open,
        range,
        onWindow: (index, of) => line.show(index / of, `${Format.count(index)} of ${Format.plural(of, "window")}`),
      })
    }).pipe(
      Effect.scoped,
      Effect.catch((error) => reported(error, flags.json)),
    )
    yield* Console.log(flags.json ? JSON.stringify(asData(definition.name, found)) : describe(found))
    const lacks = found.filter((each) => lacking(each) > 0)
    if (lacks.length > 0) {
      return yield* Effect.fail(new CommandFailed(`${Format.plural(lacks.length, "window")} lack rows`, 3))
    }
  }),
).pipe(
  Command.withDescription(
    "Recount exported windows at the source, and say where rows came late. Exit code 3: some are not exported.",
  ),
  Command.withExamples([
    {
      command: "batch-exports verify events --from 2026-01-31T00:00:00Z",
      description: "Everything since a day that gave trouble",
    },
  ]),
)

const describe = (found: ReadonlyArray<Recount>): string =>
  found.length === 0
    ? "no exported windows in this range"
    : [
        Format.table(
          ["window", "exported", "now", "difference", ""],
          found.map((each) => [
            Window.format(each.window),
            each.ledgerRows === undefined ? "" : Format.count(each.ledgerRows),
            each.sourceRows === undefined ? "" : Format.count(each.sourceRows),
            difference(each),
            meaning(each),
          ]),
          ["exported", "now", "difference"],
        ),
        "",
        summary(found),
      ].join("\n")

const difference = ({ ledgerRows = 0, sourceRows }: Recount): string => {
  if (sourceRows === undefined || sourceRows === ledgerRows) return ""
  return `${sourceRows > ledgerRows ? "+" : ""}${Format.count(sourceRows - ledgerRows)}`
}

const summary = (found: ReadonlyArray<Recount>): string => {
  const lacks = found.reduce((sum, each) => sum + lacking(each), 0)
  return `${Format.plural(found.length, "window")}: ${lacks === 0 ? "nothing is missing" : `${Format.plural(lacks, "row")} not exported`}`
}

export interface VerifyData {
  readonly export: string
  /** Rows that the destination lacks. */
  readonly lacking: number
  readonly windows: ReadonlyArray<{
    readonly window: string
    readonly verdict: Verdict
    readonly ledgerRows: number | null
    readonly sourceRows: number | null
  }>
}

const asData = (name: string, found: ReadonlyArray<Recount>): VerifyData => ({
  export: name,
  lacking: found.reduce((sum, each) => sum + lacking(each), 0),
  windows: found.map(({ ledgerRows, sourceRows, verdict, window }) => ({
    window: Window.format(window),
    verdict,
    ledgerRows: ledgerRows ?? null,
    sourceRows: sourceRows ?? null,
  })),
})
