/** The export, through the runner's own entry. */
import { Window } from "@batch-exports/core"
import { builtIn, Config, runExport } from "batch-exports"
import { Console, Effect } from "effect"
import { randomUUID } from "node:crypto"
import { EXPORT, type Task } from "../contestants/ours.ts"
import { program } from "./program.ts"

const load = Effect.fn("load")(function* ({ configuration, encoding, windows }: Task) {
  const { exports } = yield* Effect.fromResult(Config.decode(configuration, builtIn))
  const definition = exports.get(EXPORT)
  if (definition === undefined) return yield* Effect.die(new Error(`the configuration has no export "${EXPORT}"`))
  const finished = yield* Effect.forEach(
    windows,
    Effect.fnUntraced(function* (text) {
      const window = yield* Effect.fromResult(Window.parse(text)).pipe(Effect.mapError((problem) => new Error(problem)))
      const { attempts, outcome } = yield* runExport({
        export: definition,
        window,
        runId: randomUUID(),
        onRetry: (error) => Console.error(`retried: ${error.message}`),
      })
      // A retry, or a fall-back to another format, would be timed as if it were the thing itself.
      if (outcome._tag !== "Exported" || attempts > 1)
        return yield* Effect.fail(new Error("not exported at the first attempt"))
      if (encoding !== undefined && outcome.encoding !== encoding) {
        return yield* Effect.fail(new Error(`exported as ${outcome.encoding}, not as ${encoding}`))
      }
      return outcome
    }),
    { concurrency: "unbounded" },
  )
  return {
    bytes: finished.reduce((sum, outcome) => sum + outcome.bytes, 0),
    encoding: [...new Set(finished.map((outcome) => outcome.encoding))].join(", "),
  }
})

void program((task: Task) => Effect.runPromise(load(task)))
