/** Leaves out what a pause held back, and writes down that it was skipped. */
import { Clock, Effect } from "effect"
import { withoutGap } from "../schedule/plan.ts"
import type * as Schedule from "../schedule/Schedule.ts"
import * as Exports from "../store/Exports.ts"

export const skipGap = Effect.fnUntraced(function* (name: string, schedule: Schedule.Schedule, from: number) {
  const { cursor, skipped } = withoutGap(schedule, from, yield* Clock.currentTimeMillis)
  yield* Exports.account({ export: name, destination: "", runs: [], skipped, from, cursor, nextDue: 0 })
})
