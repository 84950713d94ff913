/**
 * The secrets of a definition that came over the API: taken out of it, kept when a change leaves them out, and never sent to
 * another place than they were given for. Pure.
 */
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

/** Settings that say where a connection goes, and whom it trusts there. */
const route: ReadonlySet<string> = new Set([
  "host",
  "port",
  "url",
  "urls",
  "endpoint",
  "selfSigned",
  "sslmode",
  "rootCertificate",
  "ca",
  "tls",
  "user",
])

/** Of the secrets that are stored, those that a change leaves as they are. */
export const kept = (stored: ReadonlyArray<Sealed>, patch: unknown, merged: unknown): ReadonlyArray<Sealed> =>
  stored.filter(({ path }) => {
    const part = isObject(merged) ? merged[String(path[0])] : undefined
    return isObject(part) && !touches(patch, path)
  })

/** Whoever may change where an export goes, without knowing its password, must not learn the password by it. */
export const misdirected = (before: unknown, after: unknown, secrets: ReadonlyArray<{ readonly path: Path }>) =>
  secrets.flatMap(({ path }): ReadonlyArray<FieldProblem> => {
    const [was, is] = [before, after].map((definition) => (isObject(definition) ? definition[String(path[0])] : {}))
    const moved = ["type", ...route].filter(
      (key) => JSON.stringify(valueOf(was, key)) !== JSON.stringify(valueOf(is, key)),
    )
    return moved.length === 0
      ? []
      : [
          {
            pointer: pointer(path),
            message: `enter it again, since it would go elsewhere: ${moved.join(", ")} changed`,
          },
        ]
  })

/** The file's secrets go where the file says. */
export const redirected = (definition: unknown): ReadonlyArray<FieldProblem> =>
  parts.flatMap((part) => {
    const settings = isObject(definition) ? definition[part] : undefined
    if (!isObject(settings) || settings["use"] === undefined) return []
    return Object.keys(settings)
      .filter((key) => route.has(key))
      .map((key) => ({
        pointer: pointer([part, key]),
        message: "cannot be changed beside use: the secrets of the configuration file go where it says",
      }))
  })

const valueOf = (settings: unknown, key: string): unknown => (isObject(settings) ? settings[key] : undefined)
