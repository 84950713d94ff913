/** `batch-exports plan`: what a run would do, without doing it. */
import { type Destination, ExportWindow, FieldType, Window } from "@batch-exports/core"
import { Console, Effect } from "effect"
import { Command } from "effect/cli"
import type { Export } from "../config/Config.ts"
import { reported } from "./failure.ts"
import * as Flags from "./flags.ts"
import * as Format from "./format.ts"

export const plan = Command.make(
  "plan",
  { export: Flags.exportName, config: Flags.config, window: Flags.window, json: Flags.json },
  Effect.fn("plan")(function* (flags) {
    const window = yield* Flags.parseWindow(flags.window, flags.json)
    const definition = yield* Flags.findExport(flags.config, flags.export, flags.json)
    const found = yield* makePlan(definition, window).pipe(Effect.catch((error) => reported(error, flags.json)))
    yield* Console.log(flags.json ? JSON.stringify(asData(definition.name, found)) : describe(found))
  }),
).pipe(Command.withDescription("Show what a run would create, send and leave out. Touches nothing."))

const makePlan = Effect.fnUntraced(function* (definition: Export, window: Window.Window) {
  const source = yield* definition.source.open
  const run = ExportWindow.makeRun({ source, run: { id: "plan", export: definition.name, window, mode: "once" } })
  yield* ExportWindow.refuse(run, definition.destination.plugin)
  return yield* definition.destination.plan(run)
}, Effect.scoped)

const describe = ({ create, missing, notices, projection, target }: Destination.Plan): string =>
  [
    `target    ${target}`,
    `encoding  ${projection.encoding}`,
    `missing   ${missing.length === 0 ? "nothing: already exported" : missing.map(Window.format).join(", ")}`,
    ...(projection.leftOut.length === 0 ? [] : [`left out  ${projection.leftOut.join(", ")}`]),
    ...notices.map((notice) => `note      ${notice}`),
    "",
    Format.table(
      ["field", "type", "column type"],
      projection.columns.map(({ field, targetType }) => [field.name, FieldType.format(field.type), targetType]),
    ),
    ...(create.length === 0 ? [] : ["", "The first run creates:", "", ...create.map((statement) => `${statement};`)]),
  ].join("\n")

export interface PlanData {
  readonly export: string
  readonly target: string
  readonly encoding: string
  readonly columns: ReadonlyArray<{ readonly field: string; readonly type: string; readonly columnType: string }>
  readonly leftOut: ReadonlyArray<string>
  readonly missing: ReadonlyArray<string>
  readonly create: ReadonlyArray<string>
  readonly notices: ReadonlyArray<string>
}

const asData = (name: string, { create, missing, notices, projection, target }: Destination.Plan): PlanData => ({
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
  create,
  notices,
})
