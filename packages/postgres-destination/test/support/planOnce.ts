/** A process of its own, for what is read once from the environment: plans, and says over IPC what came of it. */
import { Effect } from "effect"
import { configure, reasonOf, runOf } from "./run.ts"

const reason = await Effect.runPromise(reasonOf(configure(JSON.parse(process.argv[2] ?? "{}")).plan(runOf())))
process.send?.(reason, () => process.disconnect())
