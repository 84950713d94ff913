/** `batch-exports plan`: what a run would do, without doing it. */
import { type Destination, ExportWindow, FieldType, type Source, Window } from "@batch-exports/core"
import { Console, Effect } from "effect"
import { Command } from "effect/cli"
import type { Export } from "../config/Config.ts"
import * as Cutting from "../cutting.ts"
import { reported } from "./failure.ts"
import * as Flags from "./flags.ts"
import * as Format from "./format.ts"

export const plan = Command.make(
  "plan",
  { ...Flags.ofExport, window: Flags.window },
  Effect.fn("plan")(function* (flags) {
    const window = yield* Flags.parseWindow(flags.window, flags.json)
    const definition = yield* Flags.findExport(flags)
    const found = yield* makePlan(definition, window).pipe(Effect.catch((error) => reported(error, flags.json)))
    yield* Console.log(flags.json ? JSON.stringify(asData(definition.name, found)) : describe(found))
  }),
).pipe(Command.withDescription("Show what a run would create, send and leave out. Touches nothing."))

const makePlan = Effect.fnUntraced(function* (definition: Export, window: Window.Window) {
  const source = yield* definition.source.open
  const asked = { source, run: { id: "plan", export: definition.name, window, mode: "once" as const } }
  const run = ExportWindow.makeRun(asked)
  yield* ExportWindow.refuse(run, definition.destination.plugin)
  const found = yield* definition.destination.plan(run)
  const parts = yield* Cutting.cut({ ...asked, limits: definition.subWindows })
  return { ...found, parts: Cutting.rest(parts, found.missing) }
}, Effect.scoped)

interface Found extends Destination.Plan {
  /** Empty where the run is one transaction. */
  readonly parts: ReadonlyArray<Source.Cut>
}

const describe = ({ create, missing, notices, parts, projection, target }: Found): string =>
  [
    `target    ${target}`,
    `encoding  ${projection.encoding}`,
    `missing   ${missing.length === 0 ? "nothing: already exported" : missing.map(Window.format).join(", ")}`,
    ...(parts.length === 0 ? [] : [`cut       ${describeParts(parts)}`]),
    ...(projection.leftOut.length === 0 ? [] : [`left out  ${projection.leftOut.join(", ")}`]),
    ...notices.map((notice) => `note      ${notice}`),
    "",
    Format.table(
      ["field", "type", "column type"],
      projection.columns.map(({ field, targetType }) => [field.name, FieldType.format(field.type), targetType]),
    ),
    ...(create.length === 0 ? [] : ["", "The first run creates:", "", ...create.map((statement) => `${statement};`)]),
  ].join("\n")

const describeParts = (parts: ReadonlyArray<Source.Cut>): string =>
  `into ${Format.plural(parts.length, "sub-window")} of at most about ${Format.plural(Math.max(...parts.map(({ holds }) => holds?.rows ?? 0)), "row")}, each committed by itself`

export interface PlanData {
  readonly export: string
  readonly target: string
  readonly encoding: string
  readonly columns: ReadonlyArray<{ readonly field: string; readonly type: string; readonly columnType: string }>
  readonly leftOut: ReadonlyArray<string>
  readonly missing: ReadonlyArray<string>
  /** What the run is cut into; empty where it is one transaction. Rows and bytes are estimates. */
  readonly subWindows: ReadonlyArray<{ readonly window: string; readonly rows: number; readonly bytes: number }>
  readonly create: ReadonlyArray<string>
  readonly notices: ReadonlyArray<string>
}

const asData = (name: string, { create, missing, notices, parts, projection, target }: Found): PlanData => ({
  export: name,
  target,
  encoding: projection.encoding,
  columns: projection.columns.map(({ field, targetType }) => ({
    field: field.name,
    type: FieldType.format(field.type),
    columnType: targetType,
  })),
  leftOut: projection.leftOut,
  missing: missing.map(Window.format),
  subWindows: parts.map(({ holds, window }) => ({ window: Window.format(window), rows: 0, bytes: 0, ...holds })),
  create,
  notices,
})
