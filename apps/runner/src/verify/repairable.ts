/** How late rows can be brought without doubling any, or why they cannot. Pure. */
import { type Destination, type Model, type Run, shellWord } from "@batch-exports/core"
import { Result } from "effect"

export interface Refusal {
  readonly message: string
  readonly remedy: string
}

const again = (name: string) =>
  `By hand: delete the window's records from the target, then batch-exports ledger forget ${shellWord(name)} --window <start>/<end>, and export it again.`

/** The mode of the runs that repair. */
export const repairMode = (options: {
  readonly export: string
  readonly identity: Model.Identity
  readonly endless: boolean
  readonly plugin: Pick<Destination.Plugin, "capabilities" | "title">
}): Result.Result<Exclude<Run.Mode, "once">, Refusal> => {
  const { endless, identity, plugin } = options
  const { modes } = plugin.capabilities
  if (identity._tag === "Upsert") {
    if (identity.versions.length === 0 && !endless) {
      return Result.fail({
        message: `the records of "${options.export}" have no version: an old window, sent again, could replace newer ones`,
        remedy: "Name the column that grows with each change under version.",
      })
    }
    return modes.includes("force")
      ? Result.succeed("force")
      : Result.fail({ message: `${plugin.title} cannot take a window again`, remedy: again(options.export) })
  }
  if (identity.dedupeKey === undefined) {
    return Result.fail({
      message: `the records of "${options.export}" have no key that tells one from another, so late ones cannot be told from those that are there`,
      remedy: `Give the model a key: records then replace older ones, and can be sent again. ${again(options.export)}`,
    })
  }
  return modes.includes("fill")
    ? Result.succeed("fill")
    : Result.fail({
        message: `${plugin.title} takes whole windows only, and cannot look for single records`,
        remedy: again(options.export),
      })
}
