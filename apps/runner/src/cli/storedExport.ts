/** An export that was defined over the API, for commands that work on one: read from the state, its secrets opened with the key. */
import { Effect } from "effect"
import type { Configuration } from "../config/Config.ts"
import { unseal } from "../runner/Catalogue.ts"
import { Secrets } from "../store/Secrets.ts"
import * as State from "../store/State.ts"
import * as StoredExports from "../store/StoredExports.ts"
import { failed } from "./failure.ts"
import type { Named } from "./flags.ts"
import { placeOf, unusableState } from "./state.ts"

/** Undefined where there is no state, or none of that name in it. */
export const storedExport = Effect.fnUntraced(function* (asked: Named, { vocabulary }: Configuration) {
  const { export: name, json } = asked
  const place = yield* placeOf(asked)
  return yield* Effect.gen(function* () {
    if (place._tag === "Folder" && !(yield* State.exists(place))) return undefined
    const stored = yield* StoredExports.get(name).pipe(Effect.provide(State.shared(place)))
    if (stored === undefined) return undefined
    const definition = yield* unseal(stored).pipe(
      Effect.provide(Secrets.layer),
      Effect.catch(({ message, remedy }) => failed(message, remedy, json)),
    )
    return yield* Effect.fromResult(vocabulary.define(name, definition)).pipe(
      Effect.catch(({ problems }) => {
        const what = problems.map(({ message, path }) => `${path.join(".")}: ${message}`).join("\n")
        return failed(
          `the stored export "${name}" cannot run: ${what}`,
          "Change it in the console or over the API.",
          json,
        )
      }),
    )
  }).pipe(unusableState(place, json))
})
