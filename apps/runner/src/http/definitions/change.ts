/** Creating, changing and deleting exports over the API. Each definition is decoded whole before anything is stored. */
import { Clock, Effect, Redacted } from "effect"
import { Catalogue, placeOf, unseal } from "../../runner/Catalogue.ts"
import * as Schedule from "../../schedule/Schedule.ts"
import { Secrets, type SecretsError } from "../../store/Secrets.ts"
import * as StoredExports from "../../store/StoredExports.ts"
import { Conflict, Invalid, pointer } from "../api/problems.ts"
import { CORRECT, invalid, sentence, storedOf } from "../handlers/common.ts"
import { isObject, mergePatch } from "./mergePatch.ts"
import { kept, misdirected, redirected, separate } from "./secrets.ts"

/** The export that a definition makes; nothing is contacted. */
export const define = Effect.fnUntraced(function* (name: string, definition: unknown) {
  const { vocabulary } = yield* (yield* Catalogue).file
  const fields = [...unnamedSource(definition), ...redirected(definition, vocabulary)]
  if (fields.length > 0) return yield* refuse(fields)
  return yield* Effect.mapError(Effect.fromResult(vocabulary.define(name, definition)), invalid)
})

/** Who may read which data is said in the configuration file alone; nor does the runner connect to wherever one likes. */
const unnamedSource = (definition: unknown): Invalid["fields"] =>
  isObject(definition) && isObject(definition["source"]) && definition["source"]["use"] === undefined
    ? [{ pointer: "/source", message: "must name one of the sources of the configuration file" }]
    : []

const refuse = (fields: Invalid["fields"]) => new Invalid({ message: sentence(fields), remedy: CORRECT, fields })

const seal = Effect.fnUntraced(function* (name: string, separated: ReturnType<typeof separate>) {
  const secrets = yield* Secrets
  return yield* Effect.forEach(separated.secrets, ({ path, value }) =>
    secrets.seal(Redacted.make(value), placeOf(name, path)).pipe(
      Effect.map((sealed) => ({ path, sealed })),
      Effect.mapError(unsealed([{ path }])),
    ),
  )
})

const unsealed =
  (at: ReadonlyArray<{ readonly path: ReadonlyArray<string | number> }>) =>
  ({ message, remedy }: SecretsError) =>
    new Invalid({ message, remedy, fields: at.map(({ path }) => ({ pointer: pointer(path), message })) })

const problemOfName = (name: string): string | undefined => {
  if (name.trim() !== name || name === "") return "must not be empty, begin or end with a space"
  if (name.length > 200) return "must not be longer than 200 characters"
  return Array.from(name).some((character) => character < " " || character === "/")
    ? "must not hold a slash or control characters"
    : undefined
}

export const create = Effect.fnUntraced(function* ({ name, ...definition }: { readonly name: string }) {
  const problem = problemOfName(name)
  if (problem !== undefined) return yield* refuse([{ pointer: "/name", message: problem }])
  const catalogue = yield* Catalogue
  const { exports, vocabulary } = yield* catalogue.file
  const taken = new Conflict({ message: `there is an export "${name}"`, remedy: "Choose another name." })
  if (exports.has(name)) return yield* taken
  const made = yield* define(name, definition)
  const separated = separate(definition, vocabulary.plugins)
  const secrets = yield* seal(name, separated)
  const schedule = made.schedule === undefined ? undefined : Schedule.make(made.schedule)
  const now = yield* Clock.currentTimeMillis
  // An earlier export of the name was deleted: this one begins with the period under way, and does not catch up.
  const origin = schedule === undefined ? null : Schedule.origin(schedule, now)
  const stored = yield* StoredExports.create({ name, definition: separated.definition, secrets }, origin)
  if (stored === "taken") return yield* taken
  if (stored === "under way") {
    return yield* new Conflict({
      message: `a run of an earlier export "${name}" is still under way`,
      remedy: "Wait until it has ended, or choose another name.",
    })
  }
  yield* catalogue.refresh
})

export const patch = Effect.fnUntraced(function* (name: string, change: Readonly<Record<string, unknown>>) {
  const stored = yield* storedOf(name)
  const catalogue = yield* Catalogue
  const { vocabulary } = yield* catalogue.file
  const merged = mergePatch(stored.definition, change)
  const old = kept(stored.secrets, change, merged)
  const separated = separate(merged, vocabulary.plugins)
  const elsewhere = misdirected(stored, separated, old, vocabulary.plugins)
  if (elsewhere.length > 0) return yield* refuse(elsewhere)
  const full = yield* unseal({ name, definition: merged, secrets: old }).pipe(Effect.mapError(unsealed(old)))
  yield* define(name, full)
  const secrets = [...old, ...(yield* seal(name, separated))]
  const written = { name, definition: separated.definition, secrets }
  if (!(yield* StoredExports.update(written, stored.updatedAt))) {
    return yield* new Conflict({
      message: `export "${name}" was changed by somebody else meanwhile`,
      remedy: "Read it again, and repeat the change.",
    })
  }
  yield* catalogue.refresh
})

export const remove = Effect.fnUntraced(function* (name: string) {
  yield* storedOf(name)
  yield* StoredExports.remove(name)
  yield* (yield* Catalogue).refresh
})

/** A definition that is only tried: secrets that it leaves out are those of the export that it names. */
export const trial = Effect.fnUntraced(function* ({ name, ...definition }: { readonly name?: string }) {
  if (name === undefined) return yield* define("trial", definition)
  const stored = yield* StoredExports.get(name)
  if (stored === undefined) return yield* define(name, definition)
  const old = kept(stored.secrets, present(definition), definition)
  const { vocabulary } = yield* (yield* Catalogue).file
  const elsewhere = misdirected(stored, separate(definition, vocabulary.plugins), old, vocabulary.plugins)
  if (elsewhere.length > 0) return yield* refuse(elsewhere)
  let full: unknown = definition
  if (old.length > 0) {
    const opened = yield* unseal({ name, definition, secrets: old }).pipe(Effect.mapError(unsealed(old)))
    full = opened
  }
  return yield* define(name, full)
})

/** A definition as the patch that would make it: what it does not hold is left as it is. */
const present = (definition: unknown): unknown => (isObject(definition) ? definition : {})
