/** Tables of the documentation that say what a plugin promises and which settings it takes, made from the plugins themselves. */
import { type Destination, FieldType } from "@batch-exports/core"
import { Schema } from "effect"

type Json = { readonly [key: string]: unknown }

const isJson = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value)

/** One row for each setting: name, default, meaning. A configuration with several forms lists each of its settings once. */
export const settings = (plugin: { readonly Config: Schema.Top }): ReadonlyArray<ReadonlyArray<string>> => {
  const { definitions, schema } = Schema.toJsonSchemaDocument(plugin.Config)
  const found = new Map<string, Json>()
  const visit = (node: unknown): void => {
    if (!isJson(node)) return
    const reference = node["$ref"]
    if (typeof reference === "string") visit((definitions as Json)[reference.split("/").at(-1) ?? ""])
    for (const group of ["anyOf", "oneOf", "allOf"]) if (Array.isArray(node[group])) node[group].forEach(visit)
    if (!isJson(node["properties"])) return
    for (const [name, property] of Object.entries(node["properties"])) {
      if (isJson(property) && !found.has(name)) found.set(name, property)
    }
  }
  visit(schema)
  return [...found].map(([name, property]) => [`\`${name}\``, preset(property), meaning(property)])
}

const preset = (property: Json): string =>
  property["default"] === undefined ? "" : `\`${JSON.stringify(property["default"]).replaceAll('"', "")}\``

const meaning = (property: Json): string => {
  const said = typeof property["description"] === "string" ? property["description"] : ""
  const choices = Array.isArray(property["enum"]) ? property["enum"] : []
  return choices.length === 0 ? said : `${said} One of: ${choices.map((choice) => `\`${String(choice)}\``).join(", ")}.`
}

const all = (declared: ReadonlyArray<string>, known: ReadonlyArray<string>): string =>
  known.every((one) => declared.includes(one)) ? "all" : declared.join(", ")

/** What each destination declares; the suite holds it to every word. */
export const capabilities = (plugins: ReadonlyArray<Destination.Plugin>): ReadonlyArray<ReadonlyArray<string>> =>
  plugins.map(({ capabilities: declared, name }) => [
    `\`${name}\``,
    declared.encodings.map((encoding) => `\`${encoding}\``).join(", "),
    all(declared.types, FieldType.tags),
    declared.identities.join(", ").toLowerCase(),
    declared.modes.join(", "),
    declared.ledger === "transactional" ? "exactly once" : "at least once",
    declared.visibility === "window" ? "whole windows" : "parts too",
  ])
