/** How far a backfill is: as data, and on standard error until it ends. */
import { Console, Effect } from "effect"
import { Argument } from "effect/cli"
import { type Progress, progress } from "../runner/progress.ts"
import * as Backfills from "../store/Backfills.ts"
import { CommandFailed, failed, usage } from "./failure.ts"
import * as Format from "./format.ts"
import * as ProgressLine from "./progressLine.ts"
import * as Times from "./times.ts"

export const backfillId = Argument.String("backfill").pipe(
  Argument.withDescription("A backfill's id, or how it begins"),
)

export const find = Effect.fnUntraced(function* (prefix: string, json: boolean) {
  const [first, second] = yield* Backfills.byPrefix(prefix)
  if (first === undefined)
    return yield* usage(`there is no backfill "${prefix}"; batch-exports backfill list shows them`, json)
  if (second !== undefined) return yield* usage(`several backfills begin with "${prefix}": write more of it`, json)
  return first
})

export const asProgress = ({ backfill, counts, done, millisLeft, rowsPerSecond }: Progress) => ({
  id: backfill.id,
  export: backfill.export,
  range: `${Times.iso(backfill.range.start)}/${Times.iso(backfill.range.end)}`,
  state: backfill.state,
  message: backfill.message,
  windows: backfill.windows,
  runs: counts,
  done,
  rowsPerSecond: Math.round(rowsPerSecond),
  secondsLeft: millisLeft === null ? null : Math.round(millisLeft / 1000),
})

/** Until it ends, or until nobody works on it any more. */
export const follow = Effect.fnUntraced(function* <E, R>(
  id: string,
  json: boolean,
  isRunning: Effect.Effect<boolean, E, R>,
) {
  const last = yield* Effect.gen(function* () {
    const line = yield* ProgressLine.make({ enabled: !json })
    for (;;) {
      const found = yield* progress(yield* find(id, json))
      if (found.backfill.state !== "running") return found
      if (!(yield* isRunning)) return yield* unattended(id, json)
      yield* line.show(
        found.done,
        `${Format.plural(found.counts.completed, "window")}, ${Format.count(found.counts.rows)} rows, ${Format.count(Math.round(found.rowsPerSecond))} rows/s${found.millisLeft === null ? "" : `, ${Times.lengthOf(found.millisLeft)} left`}`,
      )
      yield* Effect.sleep("300 millis")
    }
  }).pipe(Effect.scoped)
  const { backfill, counts } = last
  yield* Console.log(
    json
      ? JSON.stringify(asProgress(last))
      : `${backfill.state}  ${Format.plural(counts.completed, "window")}, ${Format.count(counts.rows)} rows, ${Format.bytes(counts.bytes)}${backfill.message === null ? "" : `: ${backfill.message}`}`,
  )
  if (backfill.state !== "completed")
    return yield* Effect.fail(new CommandFailed(`the backfill is ${backfill.state}`, 1))
})

const unattended = (id: string, json: boolean) =>
  failed(
    "no runner is running, so the backfill does not go on",
    `batch-exports start, or batch-exports backfill resume ${id.slice(0, 8)} --wait`,
    json,
  )
