/** The one retry policy. It reads `recovery` off the error and nothing else; sources and destinations never wait or loop. */
import type { ExportError } from "@batch-exports/core"
import { Duration, Effect, Schedule } from "effect"

export interface Limits {
  /** Attempts after the first. */
  readonly times: number
  /** The delay before the second attempt; it doubles up to `longest`. */
  readonly first: Duration.Input
  readonly longest: Duration.Input
}

export const defaults: Limits = { times: 5, first: "500 millis", longest: "10 seconds" }

/** Tries again after a delay on `retry`, at once on `reopen`, and not at all on `stop`. */
export const policy = (limits: Limits = defaults) =>
  Schedule.min([Schedule.exponential(limits.first), Schedule.spaced(limits.longest)]).pipe(
    Schedule.jittered,
    Schedule.upTo({ times: limits.times }),
    Schedule.setInputType<ExportError>(),
    Schedule.modifyDelay(({ duration, input }) =>
      Effect.succeed(input.recovery === "reopen" ? Duration.zero : duration),
    ),
    Schedule.while(({ input }) => input.recovery !== "stop"),
  )

/**
 * A window that another run holds is not a failed attempt: it is asked for again until the other run has ended, or for
 * this long.
 */
export const whileBusy = Schedule.spaced("1 second").pipe(
  Schedule.upTo({ duration: "10 minutes" }),
  Schedule.setInputType<ExportError>(),
  Schedule.while(({ input }) => input.reason === "Busy"),
)
