/** Which windows a repair exports again. */
import type { ExportError, Run, Source, Window } from "@batch-exports/core"
import { Effect, Result } from "effect"
import type { Export } from "../config/Config.ts"
import { type Refusal, repairMode } from "./repairable.ts"
import { verify } from "./verify.ts"

export interface Options {
  readonly export: Export
  readonly source: Source.Opened
  readonly range: Window.Window
}

export interface Repair {
  readonly mode: Run.Mode
  readonly windows: ReadonlyArray<Window.Window>
}

export const plan = Effect.fn("planRepair")(function* (
  options: Options,
): Effect.fn.Return<Result.Result<Repair, Refusal>, ExportError> {
  const { destination, name } = options.export
  const { identity } = options.source.model
  const endless = options.source.endless ?? false
  const mode = repairMode({ export: name, identity, endless, plugin: destination.plugin })
  if (Result.isFailure(mode)) return Result.fail(mode.failure)
  const found = yield* verify(options)
  const exported = found.filter(({ ledgerRows }) => ledgerRows !== undefined)
  const windows =
    identity._tag === "Append"
      ? found.filter(({ verdict }) => verdict === "late")
      : // The first one holds what changed in all the others.
        endless
        ? exported.slice(0, 1)
        : // Numbers do not tell: late rows may stand for others that changed again since.
          exported
  return Result.succeed({ mode: mode.success, windows: windows.map(({ window }) => window) })
})
