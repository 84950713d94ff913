/**
 * Takes secrets out of settings, and puts them back. Which values are secrets, the schema of the settings says (`writeOnly`), as it
 * does to forms and documentation.
 */
import { Schema } from "effect"
import type { Path } from "./document.ts"

type Json = { readonly [key: string]: unknown }

export interface Secret {
  readonly path: Path
  readonly value: string
}

export interface Hidden {
  /** The settings without their secrets. */
  readonly shown: unknown
  readonly secrets: ReadonlyArray<Secret>
}

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value)

/** `unknown`: what becomes of keys that the schema does not describe. A secret under a misspelt key is one that nobody marks. */
export const hide = (schema: Schema.Top, settings: unknown, unknown: "kept" | "dropped" = "kept"): Hidden => {
  const document = Schema.toJsonSchemaDocument(schema)
  const secrets: Array<Secret> = []

  /** All that the schema may say about a value: references resolved, alternatives beside each other. */
  const meanings = (node: unknown): ReadonlyArray<Json> => {
    if (!isObject(node)) return []
    const reference = node["$ref"]
    const target = typeof reference === "string" ? document.definitions[reference.split("/").at(-1) ?? ""] : undefined
    const alternatives = ["anyOf", "oneOf", "allOf"].flatMap((key) => {
      const nodes = node[key]
      return Array.isArray(nodes) ? nodes.flatMap(meanings) : []
    })
    return [node, ...meanings(target), ...alternatives]
  }

  const visit = (value: unknown, nodes: ReadonlyArray<Json>, path: Path): unknown => {
    if (nodes.some((node) => node["writeOnly"] === true)) {
      // A secret of another shape than text is refused when the settings are decoded; until then it is shown to nobody.
      if (typeof value === "string") secrets.push({ path, value })
      return undefined
    }
    if (Array.isArray(value)) {
      const items = nodes.flatMap((node) => meanings(node["items"]))
      return value.map((item, index) => visit(item, items, [...path, index]))
    }
    if (!isObject(value)) return value
    const kept = Object.entries(value).flatMap(([key, item]) => {
      const inner = nodes.flatMap(({ additionalProperties, properties }) =>
        meanings(isObject(properties) && Object.hasOwn(properties, key) ? properties[key] : additionalProperties),
      )
      if (unknown === "dropped" && inner.length === 0) return []
      const left = visit(item, inner, [...path, key])
      return left === undefined ? [] : [[key, left] as const]
    })
    return Object.fromEntries(kept)
  }

  return { shown: visit(settings, meanings(document.schema), []), secrets }
}

/** Puts one value where the path says, making the objects on the way. */
export const put = (settings: unknown, path: Path, value: unknown): unknown => {
  const [key, ...rest] = path
  if (key === undefined) return value
  if (Array.isArray(settings)) {
    return settings.map((item: unknown, index) => (index === key ? put(item, rest, value) : item))
  }
  const object = isObject(settings) ? settings : {}
  return { ...object, [key]: put(object[key], rest, value) }
}
