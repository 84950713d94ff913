/**
 * The secrets of a definition that came over the API: taken out of it, kept when a change leaves them out, and never sent to
 * another place than they were given for. Pure.
 */
import { Schema } from "effect"
import { isDeepStrictEqual } from "node:util"
import type { Vocabulary } from "../../config/Config.ts"
import type { Path } from "../../config/document.ts"
import { hide, type Secret } from "../../config/hiding.ts"
import type { Plugins } from "../../plugins.ts"
import type { Sealed } from "../../store/StoredExports.ts"
import { type FieldProblem, pointer } from "../api/problems.ts"
import { isObject, touches } from "./mergePatch.ts"

export interface Separated {
  readonly definition: unknown
  readonly secrets: ReadonlyArray<Secret>
}

const parts = ["source", "destination"] as const

/** What has been decoded, so that each part is of a known type, or the name of one. */
export const separate = (definition: unknown, plugins: Plugins): Separated => {
  if (!isObject(definition)) return { definition, secrets: [] }
  const secrets: Array<Secret> = []
  const shown = new Map(Object.entries(definition))
  for (const part of parts) {
    const settings = definition[part]
    if (!isObject(settings)) continue
    const known = part === "source" ? plugins.sources : plugins.destinations
    // With `use`, the type is the file's; whichever it is, a secret of any is one.
    const kinds = typeof settings["type"] === "string" ? known.filter(({ name }) => name === settings["type"]) : known
    let left: unknown = settings
    for (const { Config } of kinds) {
      const hidden = hide(Config, left)
      left = hidden.shown
      secrets.push(...hidden.secrets.map(({ path, value }) => ({ path: [part, ...path], value })))
    }
    shown.set(part, left)
  }
  return { definition: Object.fromEntries(shown), secrets }
}

/** Of the secrets that are stored, those that a change leaves as they are. */
export const kept = (stored: ReadonlyArray<Sealed>, patch: unknown, merged: unknown): ReadonlyArray<Sealed> =>
  stored.filter(({ path }) => {
    const part = isObject(merged) ? merged[String(path[0])] : undefined
    return isObject(part) && !touches(patch, path)
  })

/**
 * Whoever may change where an export goes, without knowing its password, must not learn the password by it. So a secret is kept
 * only beside the settings and the other secrets that it was given with: only keys that the plugin sets aside may differ.
 */
export const misdirected = (
  before: { readonly definition: unknown; readonly secrets: ReadonlyArray<{ readonly path: Path }> },
  after: Separated,
  kept: ReadonlyArray<{ readonly path: Path }>,
  { destinations, sources }: Plugins,
): ReadonlyArray<FieldProblem> =>
  parts.flatMap((part) => {
    const held = kept.filter(({ path }) => path[0] === part)
    if (held.length === 0) return []
    const [was, is] = [settingsOf(before.definition, part), settingsOf(after.definition, part)]
    const free = asideOf(part === "source" ? sources : destinations, is["type"])
    const places = new Set(held.map(({ path }) => pointer(path)))
    const secrets = [...before.secrets, ...after.secrets].filter(
      ({ path }) => path[0] === part && !places.has(pointer(path)),
    )
    const moved = new Set([
      ...Object.keys({ ...was, ...is }).filter((key) => !free.has(key) && !isDeepStrictEqual(was[key], is[key])),
      ...secrets.map(({ path }) => path.slice(1).join(".")),
    ])
    if (moved.size === 0) return []
    const message = `enter it again, since it could go elsewhere: ${[...moved].join(", ")} changed`
    return held.map(({ path }) => ({ pointer: pointer(path), message }))
  })

/** The file's secrets go where the file says: of what they stand beside, only what the plugin sets aside can be replaced. */
export const redirected = (definition: unknown, vocabulary: Pick<Vocabulary, "plugins" | "sources" | "destinations">) =>
  parts.flatMap((part): ReadonlyArray<FieldProblem> => {
    const { use, ...settings } = settingsOf(definition, part)
    if (use === undefined) return []
    const { destinations, sources } = vocabulary.plugins
    const named = (part === "source" ? vocabulary.sources : vocabulary.destinations).find(({ name }) => name === use)
    // What is not there is refused when it is decoded.
    if (named === undefined) return []
    const free = asideOf(part === "source" ? sources : destinations, named.type)
    return Object.keys(settings)
      .filter((key) => !free.has(key))
      .map((key) => ({
        pointer: pointer([part, key]),
        message: "cannot be changed beside use: the secrets of the configuration file go where it says",
      }))
  })

const settingsOf = (definition: unknown, part: string): Readonly<Record<string, unknown>> => {
  const settings = isObject(definition) ? definition[part] : undefined
  return isObject(settings) ? settings : {}
}

/** The keys that the type's own schema annotates with `aside`; none of a type that is not known. */
const asideOf = (kinds: ReadonlyArray<{ readonly name: string; readonly Config: Schema.Top }>, type: unknown) => {
  const kind = kinds.find(({ name }) => name === type)
  if (kind === undefined) return new Set<string>()
  const { schema } = Schema.toJsonSchemaDocument(kind.Config, { includeAnnotationKey: (key) => key === "aside" })
  const properties = isObject(schema["properties"]) ? Object.entries(schema["properties"]) : []
  return new Set(properties.flatMap(([key, node]) => (isObject(node) && node["aside"] === true ? [key] : [])))
}
