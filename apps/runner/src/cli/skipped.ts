/** `batch-exports runs --skipped`: the windows that no run was made for. */
import { Effect } from "effect"
import * as Exports from "../store/Exports.ts"
import * as Format from "./format.ts"
import * as Times from "./times.ts"

export const skipped = (question: Parameters<typeof Exports.skipped>[0], json: boolean) =>
  Effect.map(Exports.skipped(question), (found) =>
    json
      ? JSON.stringify(
          found.map(({ end, start, ...rest }) => ({ ...rest, window: `${Times.iso(start)}/${Times.iso(end)}` })),
        )
      : found.length === 0
        ? "nothing was skipped"
        : Format.table(
            ["export", "skipped", "windows", "why"],
            found.map((each) => [each.export, Times.window(each), Format.count(each.occurrences), each.reason]),
            ["windows"],
          ),
  )
