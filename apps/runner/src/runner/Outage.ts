/**
 * What the log says of a state that cannot be reached or written to: what fails for it and, once it has lasted, that it is so, each once a
 * minute; and when it is over. Not each of the attempts, of which there are some a second.
 */
import { Cause, Clock, Context, Effect, Layer, Logger, type LogLevel } from "effect"
import { SqlError } from "effect/sql"
import { isUnwritable } from "../store/unwritable.ts"

const AGAIN = 60_000
/** A session that was ended, or a lock that is held, is no outage: by then two beats of this runner have failed. */
const LASTS = 5_000

export class Outage extends Context.Service<
  Outage,
  {
    /** The state has answered. */
    readonly answered: Effect.Effect<void>
  }
>()("batch-exports/Outage") {
  /** Stands between whoever logs, the engine among them, and the loggers that there are. */
  static readonly layer = Layer.effectContext(
    Effect.gen(function* () {
      const loggers = yield* Logger.CurrentLoggers
      let since: number | undefined
      /** Of the outage that there is. */
      let saidAt: number | undefined
      let saidUnwritable = -AGAIN
      const said = new Map<string, number>()
      const isSaid = (key: string, now: number) => now - (said.get(key) ?? -AGAIN) < AGAIN
      const filter = Logger.make<unknown, void>((options) => {
        const error = unreachable(options.cause)
        const forward = (changes: Partial<Logger.Options<unknown>>) =>
          loggers.forEach((logger) => logger.log({ ...options, ...changes }))
        if (error === undefined) return forward({})
        const now = options.date.getTime()
        const failure = [...words(options.message), error.message].join(": ")
        if (SqlError.isSqlError(error) && isUnwritable(error)) {
          // What needs no space still succeeds, so nobody hears when it is over.
          if (now - saidUnwritable < AGAIN) return
          saidUnwritable = now
          const message = `the state takes nothing in: what is to be written waits until it does. ${failure}`
          return forward({ message: [message], logLevel: "Error", cause: Cause.empty })
        }
        since ??= now
        const say = (message: string, logLevel: LogLevel.LogLevel) => {
          for (const [key, at] of said) if (now - at >= AGAIN) said.delete(key)
          said.set(failure, now).set(error.message, now)
          forward({ message: [message], logLevel, cause: Cause.empty })
        }
        if (now - since >= LASTS && now - (saidAt ?? -AGAIN) >= AGAIN) {
          saidAt = now
          const away = `the state has not answered for ${seconds(now - since)}: nothing is begun until it does`
          return say(`${away}. ${failure}`, "Error")
        }
        // In an outage everything fails: then only what fails for another cause is news.
        if (!isSaid(saidAt === undefined ? failure : error.message, now)) say(failure, options.logLevel)
      })
      const answered = Effect.gen(function* () {
        if (since === undefined) return
        const away = (yield* Clock.currentTimeMillis) - since
        const isOutage = saidAt !== undefined
        since = saidAt = undefined
        if (isOutage) yield* Effect.logInfo(`the state answers again, after ${seconds(away)}`)
      })
      return Context.make(Outage, { answered }).pipe(Context.add(Logger.CurrentLoggers, new Set([filter])))
    }),
  )
}

const words = (message: unknown): ReadonlyArray<string> =>
  (Array.isArray(message) ? message : [message]).filter((part) => typeof part === "string")

const seconds = (milliseconds: number): string => `${Math.round(milliseconds / 1000)} s`

/** What was said, where a cause is nothing but a state that cannot be reached. */
const unreachable = (cause: Cause.Cause<unknown>): SqlError.SqlError | Cause.TimeoutError | undefined => {
  const errors = cause.reasons.map((reason) =>
    Cause.isFailReason(reason) ? reason.error : Cause.isDieReason(reason) ? reason.defect : undefined,
  )
  const found = errors.map((error) => unanswered(error, false))
  return found.every((error) => error !== undefined) ? found[0] : undefined
}

/** The engine wraps what its storage says, and what it did not wait for any longer. */
const unanswered = (error: unknown, isWrapped: boolean): SqlError.SqlError | Cause.TimeoutError | undefined => {
  if (SqlError.isSqlError(error)) return error.reason._tag === "ConnectionError" ? error : undefined
  if (Cause.isTimeoutError(error)) return isWrapped ? error : undefined
  const wraps = typeof error === "object" && error !== null && "_tag" in error && error._tag === "PersistenceError"
  return wraps && "cause" in error ? unanswered(error.cause, true) : undefined
}
