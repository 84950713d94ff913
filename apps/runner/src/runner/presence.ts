/** A runner's word to the others that it is there, and its look at what they say. */
import { Clock, Deferred, Effect, Ref } from "effect"
import { compatible } from "../store/compatible.ts"
import * as Runners from "../store/Runners.ts"
import { Executions } from "./Executions.ts"
import { measure } from "./metrics.ts"
import { Outage } from "./Outage.ts"
import { Self } from "./Self.ts"

/** One round. */
export const present = Effect.gen(function* () {
  const self = yield* Self
  yield* compatible.pipe(Effect.catchTag("StateUnusable", (error) => Deferred.fail(self.refused, error)))
  const executions = yield* Executions
  yield* Runners.beat({
    id: self.id,
    version: self.version,
    listen: self.listen,
    startedAt: self.startedAt,
    running: yield* executions.count,
    plannedAt: yield* Ref.get(self.plannedAt),
    stopping: yield* executions.isClosed,
  })
  yield* (yield* Outage).answered
  const all = yield* Runners.alive
  const plannedAt = Math.max(self.startedAt, ...all.map((runner) => runner.plannedAt ?? 0))
  yield* Ref.set(self.heard, { at: yield* Clock.currentTimeMillis, plannedAt })
  yield* measure({ self, runners: all, plannedAt })
})

/** Nobody waits for the word of one that has left. */
export const leave = Effect.flatMap(Self, ({ id }) => Effect.ignore(Effect.timeout(Runners.remove(id), "2 seconds")))
