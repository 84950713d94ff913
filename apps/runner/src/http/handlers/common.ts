/** What handlers share: the runner's state, or a refusal that says what is missing. */
import { ConfigError, Window } from "@batch-exports/core"
import { Clock, Context, DateTime, Effect, Layer } from "effect"
import type { SqlError } from "effect/sql"
import { Catalogue } from "../../runner/Catalogue.ts"
import { current } from "../../runner/Definitions.ts"
import * as Exports from "../../store/Exports.ts"
import * as StoredExports from "../../store/StoredExports.ts"
import { Conflict, type FieldProblem, Invalid, NotFound, pointer, TooMany, Unavailable } from "../api/problems.ts"

/** A state database that does not answer is an answer, too. */
export const stateful = <A, E, R>(effect: Effect.Effect<A, E | SqlError.SqlError, R>) =>
  Effect.catchIf(
    effect,
    (error): error is Extract<E | SqlError.SqlError, SqlError.SqlError> =>
      typeof error === "object" && error !== null && "_tag" in error && error._tag === "SqlError",
    (error) =>
      Effect.andThen(
        Effect.logError("the API could not read or write the state", error),
        Effect.fail(
          new Unavailable({
            message: "the runner's state cannot be read or written",
            remedy: "Look at the runner's log, the disk, and who owns the files.",
          }),
        ),
      ),
  )

export const noExport = (name: string) =>
  new NotFound({ message: `there is no export "${name}"`, remedy: "GET /api/exports lists them." })

/** The definition of an export that can run. */
export const definitionOf = Effect.fnUntraced(function* (name: string) {
  const definition = (yield* current).definitions.get(name)
  if (definition !== undefined) return definition
  const why = (yield* (yield* Catalogue).unusable).get(name)
  return yield* why === undefined
    ? noExport(name)
    : new NotFound({ message: `export "${name}" cannot run: ${why.message}` })
})

/** The state of an export that is known and has not been removed. */
export const stateOf = Effect.fnUntraced(function* (name: string) {
  const state = yield* Exports.get(name)
  return state === undefined || state.removedAt !== null ? yield* noExport(name) : state
})

/** A stored export, which may be changed; those of the file may not. */
export const storedOf = Effect.fnUntraced(function* (name: string) {
  const { exports } = yield* (yield* Catalogue).file
  if (exports.has(name)) {
    return yield* new Conflict({
      message: `export "${name}" is defined in the configuration file`,
      remedy: "Change it there, under exports, and send the runner SIGHUP or start it again.",
    })
  }
  const stored = yield* StoredExports.get(name)
  return stored === undefined ? yield* noExport(name) : stored
})

export const CORRECT = "Correct the values that are named."

export const sentence = (fields: ReadonlyArray<FieldProblem>): string =>
  fields.map(({ message, pointer: at }) => (at === "" ? message : `${at}: ${message}`)).join("\n")

/** Paths of problems begin with `exports` and the name; a client knows the definition alone. */
export const invalid = (error: ConfigError): Invalid => {
  const fields = error.problems.map(({ message, path }): FieldProblem => {
    if (path[0] === "exports") return { pointer: pointer(path.slice(2)), message }
    const part = path[0] === "sources" ? "source" : "destination"
    return { pointer: `/${part}`, message: `${path.join(".")}: ${message}` }
  })
  return new Invalid({ message: sentence(fields), remedy: CORRECT, fields })
}

/** What reaches out to other servers: a few at once, however many ask. */
export class Trials extends Context.Service<
  Trials,
  {
    readonly begin: Effect.Effect<void, TooMany>
    readonly end: Effect.Effect<void>
  }
>()("batch-exports/http/Trials") {
  static readonly layer = Layer.sync(this, () => {
    let underWay = 0
    return {
      begin: Effect.suspend(() => {
        if (underWay >= AT_ONCE)
          return Effect.fail(new TooMany({ message: "too many checks at once", remedy: "Wait until one has ended." }))
        underWay += 1
        return Effect.void
      }),
      end: Effect.sync(() => {
        underWay -= 1
      }),
    }
  })
}

const AT_ONCE = 6

export const tried = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const trials = yield* Trials
    return yield* Effect.acquireUseRelease(
      trials.begin,
      () => effect,
      () => trials.end,
    )
  })

/** The hour that ended last: what a plan is made for when nobody says. */
export const lastHour = Effect.map(Clock.currentTimeMillis, (now) => {
  const end = Math.floor(now / HOUR) * HOUR
  return new Window.Window({ start: DateTime.makeUnsafe(end - HOUR), end: DateTime.makeUnsafe(end) })
})

export const HOUR = 3_600_000
