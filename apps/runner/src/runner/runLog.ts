/** One line about a run, in its own log and in the process's. */
import { Effect } from "effect"
import * as RunLogs from "../store/RunLogs.ts"

const write = { info: Effect.logInfo, warn: Effect.logWarning, error: Effect.logError } as const

export const log = (run: { readonly id: string; readonly export: string }, level: RunLogs.Level, message: string) =>
  Effect.andThen(
    RunLogs.append(run, level, message),
    write[level](message).pipe(Effect.annotateLogs({ export: run.export, run: run.id })),
  )
