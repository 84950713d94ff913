/**
 * The exports that the runner knows: those of the configuration file, and those that were defined over the API. Whatever changes
 * either of them takes effect here, at once: definitions are replaced, and schedules begun.
 */
import type { ConfigError } from "@batch-exports/core"
import { Clock, Context, Effect, Layer, Redacted, Ref, Result, Semaphore } from "effect"
import { SqlClient, type SqlError } from "effect/sql"
import type { Configuration, Export } from "../config/Config.ts"
import { put } from "../config/hiding.ts"
import * as Schedule from "../schedule/Schedule.ts"
import { Secrets, type SecretsError } from "../store/Secrets.ts"
import { exclusively } from "../store/exclusively.ts"
import * as Exports from "../store/Exports.ts"
import * as StoredExports from "../store/StoredExports.ts"
import { current, Definitions, prepare } from "./Definitions.ts"

/** Why an export that is stored cannot run: its definition does not fit any more, or its secrets cannot be read. */
export type Unusable = ConfigError | SecretsError | NameTaken

export interface NameTaken {
  readonly _tag: "NameTaken"
  readonly message: string
}

export class Catalogue extends Context.Service<
  Catalogue,
  {
    /** What the file says. */
    readonly file: Effect.Effect<Configuration>
    readonly replaceFile: (configuration: Configuration) => Effect.Effect<void, SqlError.SqlError>
    /** After the stored exports have changed. */
    readonly refresh: Effect.Effect<void, SqlError.SqlError>
    readonly unusable: Effect.Effect<ReadonlyMap<string, Unusable>>
  }
>()("batch-exports/Catalogue") {
  static readonly layer = (configuration: Configuration) =>
    Layer.effect(
      this,
      Effect.gen(function* () {
        const context = yield* Effect.context<SqlClient.SqlClient | Secrets>()
        const definitions = yield* Definitions
        const file = yield* Ref.make(configuration)
        const unusable = yield* Ref.make<ReadonlyMap<string, Unusable>>(new Map())
        const seen = yield* Ref.make("")
        const refresh = Effect.gen(function* () {
          const settings = yield* Ref.get(file)
          // What is read must not be changed before it is written down as what there is.
          const { loaded, stored, version } = yield* Effect.gen(function* () {
            const version = yield* StoredExports.version
            const stored = yield* decodeStored(settings)
            const loaded = prepare({
              runner: settings.runner,
              exports: new Map([...stored.exports, ...settings.exports]),
            })
            yield* sync(loaded.definitions)
            return { loaded, stored, version }
          }).pipe(exclusively("exports"))
          yield* Ref.set(seen, version)
          yield* Ref.set(definitions, loaded)
          yield* Ref.set(unusable, stored.unusable)
          for (const [name, { message }] of stored.unusable) {
            yield* Effect.logError(`the stored export cannot run: ${message}`).pipe(
              Effect.annotateLogs({ export: name }),
            )
          }
        })
        // One change after the other: the older of two must not win.
        const one = yield* Semaphore.make(1)
        const alone = <A, E>(change: Effect.Effect<A, E, SqlClient.SqlClient | Secrets>) =>
          change.pipe(one.withPermits(1), Effect.provideContext(context))
        yield* alone(refresh)
        // Another runner on the same state may have been told.
        const watch = Effect.gen(function* () {
          if ((yield* StoredExports.version) !== (yield* Ref.get(seen))) yield* refresh
        })
        yield* alone(watch).pipe(
          Effect.catchCause((cause) =>
            Effect.logError("stored exports could not be looked at; it is tried again", cause),
          ),
          Effect.delay("2 seconds"),
          Effect.forever,
          Effect.forkScoped,
        )
        return {
          file: Ref.get(file),
          replaceFile: (next) => alone(Effect.andThen(Ref.set(file, next), refresh)),
          refresh: alone(refresh),
          unusable: Ref.get(unusable),
        }
      }),
    )
}

/** The definition of an export; where it is not known, another runner may have been told of it a moment ago. */
export const found = Effect.fnUntraced(function* (name: string) {
  const known = (yield* current).definitions.get(name)
  if (known !== undefined) return known
  yield* (yield* Catalogue).refresh
  return (yield* current).definitions.get(name)
})

/** Makes the state database agree with the definitions. */
const sync = Effect.fnUntraced(function* (definitions: ReturnType<typeof prepare>["definitions"]) {
  const now = yield* Clock.currentTimeMillis
  yield* Exports.sync(
    Array.from(definitions, ([name, { schedule }]) => ({
      name,
      schedule: schedule?.description ?? null,
      origin: schedule === undefined ? null : Schedule.origin(schedule, now),
    })),
  )
})

const decodeStored = Effect.fnUntraced(function* ({ exports: ofFile, vocabulary }: Configuration) {
  const exports = new Map<string, Export>()
  const unusable = new Map<string, Unusable>()
  for (const stored of yield* StoredExports.all) {
    if (ofFile.has(stored.name)) {
      const message = "the configuration file has an export of the same name, which is the one that runs"
      unusable.set(stored.name, { _tag: "NameTaken", message })
      continue
    }
    const opened = yield* Effect.result(unseal(stored))
    const decoded: Result.Result<Export, ConfigError | SecretsError> = Result.isSuccess(opened)
      ? vocabulary.define(stored.name, opened.success)
      : Result.fail(opened.failure)
    if (Result.isSuccess(decoded)) exports.set(stored.name, decoded.success)
    else unusable.set(stored.name, decoded.failure)
  }
  return { exports, unusable }
})

/** A stored definition with its secrets in place. */
export const unseal = Effect.fnUntraced(function* (
  stored: Pick<StoredExports.StoredExport, "name" | "definition" | "secrets">,
) {
  const secrets = yield* Secrets
  let definition = stored.definition
  for (const { path, sealed } of stored.secrets) {
    const secret = yield* secrets.open(sealed, placeOf(stored.name, path))
    definition = put(definition, path, Redacted.value(secret))
  }
  return definition
})

export const placeOf = (name: string, path: ReadonlyArray<string | number>): string =>
  ["exports", name, ...path].join("/")
