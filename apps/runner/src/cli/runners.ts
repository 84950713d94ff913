/** `batch-exports runners`: who shares the state. */
import { Clock, Console, Effect } from "effect"
import { Command } from "effect/cli"
import { SqlClient } from "effect/sql"
import type { Row } from "../store/Run.ts"
import * as Runners from "../store/Runners.ts"
import * as Flags from "./flags.ts"
import * as Format from "./format.ts"
import { withState } from "./state.ts"
import * as Times from "./times.ts"

export const runners = Command.make(
  "runners",
  { data: Flags.data, json: Flags.json },
  Effect.fn("runners")(function* (flags) {
    const found = yield* Effect.gen(function* () {
      const shards = yield* shardsOf
      return (yield* Runners.list).map((runner) => ({ ...runner, shards: shards.get(runner.id) ?? 0 }))
    }).pipe(withState(flags))
    const now = yield* Clock.currentTimeMillis
    if (flags.json) return yield* Console.log(JSON.stringify(found.map((runner) => asData(runner, now))))
    yield* Console.log(
      found.length === 0
        ? "no runners"
        : Format.table(
            ["runner", "state", "version", "since", "last heard of", "running", "shards", "plans", "address"],
            found.map((runner) => [
              runner.id,
              stateOf(runner, now),
              runner.version,
              Times.instant(runner.startedAt),
              `${Times.lengthOf(Math.max(0, now - runner.heartbeatAt))} ago`,
              String(runner.running),
              String(runner.shards),
              runner.plannedAt === null ? "" : "yes",
              runner.listen ?? "",
            ]),
            ["running", "shards"],
          ),
    )
  }),
).pipe(Command.withDescription("Show the runners that share the state: what they do, and when they were last heard of"))

/** Each shard is a part of all executions, and has one runner. On SQLite there are none. */
const shardsOf = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql.onDialectOrElse({
    pg: () => sql<Row>`SELECT address, COUNT(*) AS n FROM cluster_locks
      WHERE acquired_at > NOW() - INTERVAL '8 seconds' GROUP BY address`,
    orElse: () => Effect.succeed<ReadonlyArray<Row>>([]),
  })
  // The engine's addresses have a port, which means nothing here.
  return new Map(rows.map((row) => [String(row["address"]).replace(/:0$/, ""), Number(row["n"])]))
})

const stateOf = (runner: Runners.Runner, now: number): "running" | "stopping" | "silent" =>
  runner.heartbeatAt <= now - Runners.SILENT ? "silent" : runner.stopping ? "stopping" : "running"

const asData = (runner: Runners.Runner & { readonly shards: number }, now: number) => ({
  id: runner.id,
  state: stateOf(runner, now),
  version: runner.version,
  address: runner.listen,
  startedAt: Times.iso(runner.startedAt),
  heartbeatAt: Times.iso(runner.heartbeatAt),
  running: runner.running,
  shards: runner.shards,
  plannedAt: Times.iso(runner.plannedAt),
})
