/** How long a scheduled run is tried: over an hour or so, where a person at a terminal waits for seconds. */
import type { ExportError } from "@batch-exports/core"
import { Duration, Effect, Schedule } from "effect"

/** For one run. `waited`: the milliseconds that it has so far waited for its turn, which are no failure of its own. */
export const patience = (retryFor: number, waited: () => number) => {
  let before: number | undefined
  return Schedule.min([Schedule.exponential("500 millis"), Schedule.spaced("2 minutes")]).pipe(
    Schedule.jittered,
    Schedule.setInputType<ExportError>(),
    Schedule.modifyDelay(({ duration, input }) =>
      Effect.succeed(
        // At once, but never in a tight loop: what made the last attempt look again may still be there.
        input.recovery === "reopen"
          ? Duration.min(duration, Duration.seconds(2))
          : isOpen(input)
            ? Duration.seconds(5)
            : duration,
      ),
    ),
    Schedule.while(({ elapsed, input }) => {
      // Elapsed counts from the first failure, so only what was waited since then is to be left out.
      before ??= waited()
      return input.reason === "Busy"
        ? elapsed < Math.max(retryFor, BUSY)
        : (input.recovery !== "stop" || isOpen(input)) && elapsed - (waited() - before) < retryFor
    }),
  )
}

/** Runs of one upsert export go one at a time, and a backfill of it may take long: waiting for one's turn is no failure. */
const BUSY = Duration.toMillis("1 day")

/** The source is behind: what is to be exported is still arriving. A schedule waits for it, where a person is told. */
const isOpen = (error: ExportError): boolean => error.reason === "WindowOpen"
