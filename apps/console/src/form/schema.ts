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

/** What was typed: a number where one is allowed, a list where there are commas, and otherwise text. */
export const loose = (schema: JsonSchema, text: string): unknown => {
  const trimmed = text.trim()
  if (trimmed === "") return undefined
  if (accepts(schema, "array") && trimmed.includes(",")) {
    return trimmed
      .split(",")
      .flatMap((part) => loose({ anyOf: alternatives(schema).filter(({ type }) => type !== "array") }, part) ?? [])
  }
  if ((accepts(schema, "integer") || accepts(schema, "number")) && /^-?\d+(\.\d+)?$/.test(trimmed))
    return Number(trimmed)
  if (accepts(schema, "boolean") && (trimmed === "true" || trimmed === "false")) return trimmed === "true"
  return text
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
