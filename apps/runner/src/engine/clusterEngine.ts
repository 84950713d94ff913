/**
 * The engine on Effect's workflows over its cluster: one workflow of one activity for each execution, kept in the state
 * database. Attempts and their delays are inside the activity, where the retry policy is; what a crash interrupts is begun
 * again by whoever holds the shard next. Payloads are two identifiers: definitions and secrets stay in the configuration.
 */
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import { Effect, Layer, Option, Schema } from "effect"
import { ClusterWorkflowEngine, RunnerAddress, SingleRunner } from "effect/cluster"
import { Activity, Workflow, WorkflowEngine } from "effect/workflow"
import { Executions } from "../runner/Executions.ts"
import { Executor } from "../runner/Executor.ts"
import { RunEngine } from "./RunEngine.ts"

const ExportRun = Workflow.make("ExportRun", {
  payload: { runId: Schema.String, generation: Schema.Int },
  idempotencyKey: ({ generation, runId }) => `${runId}/${generation}`,
})

const ExportRunLive = ExportRun.toLayer((execution) =>
  Activity.make({
    name: "export",
    execute: Effect.flatMap(Executor, (executor) => executor.execute(execution)),
  }),
)

const engine = Layer.effect(
  RunEngine,
  Effect.gen(function* () {
    const executions = yield* Executions
    const context = yield* Effect.context<WorkflowEngine.WorkflowEngine>()
    return {
      submit: (execution) =>
        ExportRun.execute(execution, { discard: true }).pipe(Effect.asVoid, Effect.provideContext(context)),
      // The engine's own interruption waits until an activity pauses, which a running export does not.
      cancel: ({ runId }) => executions.cancel(runId),
      status: (execution) =>
        Effect.gen(function* () {
          if (yield* executions.has(execution.runId)) return "under way" as const
          const polled = yield* ExportRun.poll(yield* ExportRun.executionId(execution))
          return Option.isNone(polled) ? ("unknown" as const) : ("ended" as const)
        }).pipe(Effect.provideContext(context)),
    }
  }),
)

type Sharding = NonNullable<NonNullable<Parameters<typeof SingleRunner.layer>[0]>["shardingConfig"]>

const settings: Sharding = {
  simulateRemoteSerialization: false,
  entityMessagePollInterval: "1 second",
  // Runs have had their grace before the layers close; what is left only has to roll back.
  entityTerminationTimeout: "2 seconds",
  maxResidentEntities: "unbounded",
}

const on = (runnerStorage: "memory" | "sql", sharding: Sharding) =>
  engine.pipe(
    Layer.provideMerge(ExportRunLive),
    Layer.provideMerge(ClusterWorkflowEngine.layer),
    Layer.provideMerge(SingleRunner.layer({ runnerStorage, shardingConfig: { ...settings, ...sharding } })),
    Layer.provide(NodeCrypto.layer),
  )

/** One process on the embedded database. */
export const single = on("memory", {})

/**
 * One of several processes on one Postgres. They meet nowhere else: messages are read from its tables once a second, and a
 * runner that has not been heard of for eight seconds has lost its shards to the others. So no runner listens for others, and
 * none has to reach another.
 */
export const shared = (id: string) =>
  on("sql", {
    // A name, not a place: nothing listens there.
    runnerAddress: Option.some(RunnerAddress.make(id, 0)),
    shardLockRefreshInterval: "2 seconds",
    shardLockExpiration: "8 seconds",
    refreshAssignmentsInterval: "1 second",
    // Leases in a table, which hold through a pooler, too. All runners must agree on this, and on the number of shards.
    shardLockDisableAdvisory: true,
    shardsPerGroup: 64,
  })
