/**
 * What the runner asks of the machinery that carries runs through crashes: three functions. Correctness does not rest on it
 * but on the ledger, so an engine may carry a run out twice; it must not forget one.
 */
import { Context, type Effect } from "effect"

/** One execution of a run. A run that a person retries is a new execution: engines keep results by key. */
export interface Execution {
  readonly runId: string
  readonly generation: number
}

export type Status = "unknown" | "under way" | "ended"

export class RunEngine extends Context.Service<
  RunEngine,
  {
    /** Durable once it returns. The same execution again changes nothing. */
    readonly submit: (execution: Execution) => Effect.Effect<void>
    /** Ends an execution that is under way in this process, which lets go of everything it holds. */
    readonly cancel: (execution: Execution) => Effect.Effect<void>
    readonly status: (execution: Execution) => Effect.Effect<Status>
  }
>()("batch-exports/RunEngine") {}
