/**
 * What a JSON Schema asks for, as kinds of inputs; and text that was typed as the value that it stands for. Pure. Nothing here
 * knows what is being configured: titles, descriptions, defaults and secrets are the schema's.
 */

export interface JsonSchema {
  readonly type?: string
  readonly title?: string
  readonly description?: string
  readonly default?: unknown
  readonly examples?: ReadonlyArray<unknown>
  readonly enum?: ReadonlyArray<string | number>
  readonly format?: string
  readonly writeOnly?: boolean
  readonly minimum?: number
  readonly maximum?: number
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: ReadonlyArray<string>
  readonly items?: JsonSchema
  readonly additionalProperties?: JsonSchema | boolean
  readonly anyOf?: ReadonlyArray<JsonSchema>
  readonly oneOf?: ReadonlyArray<JsonSchema>
}

export type Values = Readonly<Record<string, unknown>>

export const isObject = (value: unknown): value is Values =>
  typeof value === "object" && value !== null && !Array.isArray(value)

export type Kind =
  | "constant"
  | "check"
  | "choice"
  | "number"
  | "secret"
  | "text"
  | "long"
  | "list"
  | "loose"
  | "pairs"
  | "items"
  | "group"

const alternatives = (schema: JsonSchema): ReadonlyArray<JsonSchema> => schema.anyOf ?? schema.oneOf ?? []

export const kindOf = (schema: JsonSchema): Kind => {
  if (schema.enum !== undefined) return schema.enum.length === 1 ? "constant" : "choice"
  if (alternatives(schema).length > 0) return "loose"
  switch (schema.type) {
    case "boolean":
      return "check"
    case "integer":
    case "number":
      return "number"
    case "array":
      return isObject(schema.items) && schema.items.type === "object" ? "items" : "list"
    case "object":
      return schema.properties === undefined ? "pairs" : "group"
    default:
      // A certificate or a statement has several lines, which an input of one line would join.
      return /\bPEM\b|\bSELECT\b|\bSQL\b/.test(schema.description ?? "") ? "long" : schema.writeOnly ? "secret" : "text"
  }
}

const accepts = (schema: JsonSchema, type: string): boolean =>
  schema.type === type || alternatives(schema).some((each) => accepts(each, type))

/** Whether any text is a value: then a comma may be part of it, and a list has a line for each. */
export const isFree = (schema: JsonSchema): boolean =>
  (schema.type === "string" && schema.enum === undefined) ||
  alternatives(schema).some((each) => each.type !== "array" && isFree(each))

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

const scalar = (schema: JsonSchema, text: string): unknown => {
  const trimmed = text.trim()
  if (/^".*"$/.test(trimmed)) return parsed(trimmed) ?? text
  if ((accepts(schema, "integer") || accepts(schema, "number")) && /^-?\d+(\.\d+)?$/.test(trimmed))
    return Number(trimmed)
  if (accepts(schema, "boolean") && (trimmed === "true" || trimmed === "false")) return trimmed === "true"
  return text
}

/** What was typed: a number where one is allowed, several where a list is, JSON where it looks like it, and otherwise text. */
export const loose = (schema: JsonSchema, text: string): unknown => {
  const trimmed = text.trim()
  if (trimmed === "") return undefined
  if (/^[[{]/.test(trimmed) && parsed(trimmed) !== undefined) return parsed(trimmed)
  const parts = accepts(schema, "array")
    ? trimmed.split(isFree(schema) ? "\n" : ",").filter((part) => part.trim() !== "")
    : []
  return parts.length > 1 ? parts.map((part) => scalar(schema, part.trim())) : scalar(schema, text)
}

/** The same the other way round. */
export const looseText = (schema: JsonSchema, value: unknown): string => {
  const one = (item: unknown): string =>
    typeof item === "string" && isFree(schema) && scalar(schema, item) !== item ? JSON.stringify(item) : textOf(item)
  return Array.isArray(value) && !value.some(isObject) ? value.map(one).join(isFree(schema) ? "\n" : ", ") : one(value)
}

/** `splitBytes`, where a schema has no title for it: `Split bytes`. */
export const titleOf = (name: string, schema: JsonSchema): string => {
  const words = name.replaceAll(
    /([a-z])([A-Z])/g,
    (_, before: string, after: string) => `${before} ${after.toLowerCase()}`,
  )
  return schema.title ?? words.charAt(0).toUpperCase() + words.slice(1)
}

/** A value as somebody would type it. */
export const textOf = (value: unknown): string => {
  if (value === undefined || value === null) return ""
  if (Array.isArray(value)) return value.map(textOf).join(", ")
  return typeof value === "string" ? value : JSON.stringify(value)
}

/** One entry for each line. */
export const list = (text: string): ReadonlyArray<string> | undefined => {
  const lines = text.split("\n").filter((line) => line.trim() !== "")
  return lines.length === 0 ? undefined : lines
}

/** `column: name`, one for each line. */
export const pairs = (text: string): Values | undefined => {
  const lines = (list(text) ?? []).map((line) => {
    const [, key = line, value = ""] = /^([^:]*):(.*)$/.exec(line) ?? []
    return [key.trim(), value.trim()] as const
  })
  return lines.length === 0 ? undefined : Object.fromEntries(lines)
}

export const pairsText = (value: unknown): string =>
  isObject(value)
    ? Object.entries(value)
        .map(([key, item]) => `${key}: ${textOf(item)}`)
        .join("\n")
    : ""

/** One key changed; a value that is undefined takes it away. */
export const set = (values: Values, key: string, value: unknown): Values => {
  const others = Object.entries(values).filter(([name]) => name !== key)
  return Object.fromEntries(value === undefined ? others : [...others, [key, value]])
}

/** The keys of an object, those that are asked for first before the others. */
export const inOrder = (schema: JsonSchema, first: ReadonlyArray<string>) => {
  const keys = Object.keys(schema.properties ?? {})
  const shown = first.filter((key) => keys.includes(key))
  return { shown, further: keys.filter((key) => !shown.includes(key)) }
}

export const escape = (key: string): string => key.replaceAll("~", "~0").replaceAll("/", "~1")
