/** Compares rows as multisets, and says in a few words how they differ. */
import { FieldType, type RecordSchema } from "@batch-exports/core"
import type { Row, Value } from "./encoders/index.ts"

export const difference = (
  fields: ReadonlyArray<RecordSchema.Field>,
  expected: ReadonlyArray<Row>,
  seen: ReadonlyArray<Row>,
): string | undefined => {
  const balance = new Map<string, number>()
  const add = (rows: ReadonlyArray<Row>, step: number) => {
    for (const row of rows) {
      const key = print(fields, row)
      balance.set(key, (balance.get(key) ?? 0) + step)
    }
  }
  add(expected, 1)
  add(seen, -1)
  const missing = [...balance].filter(([, by]) => by > 0)
  const extra = [...balance].filter(([, by]) => by < 0)
  if (missing.length === 0 && extra.length === 0) return undefined
  return [
    seen.length === 1 ? "1 row" : `${seen.length} rows`,
    ...some("missing", missing),
    ...some("not expected", extra),
  ].join("; ")
}

const some = (what: string, found: ReadonlyArray<readonly [string, number]>): ReadonlyArray<string> => {
  const total = found.reduce((sum, [, by]) => sum + Math.abs(by), 0)
  if (total === 0) return []
  const examples = found.slice(0, 2).map(([row]) => (row.length > 300 ? `${row.slice(0, 300)} …` : row))
  return [`${total} ${what}, such as ${examples.join(" and ")}`]
}

const print = (fields: ReadonlyArray<RecordSchema.Field>, row: Row): string =>
  `{${fields.map(({ name, type }) => `${name}: ${canonical(type, row[name] ?? null)}`).join(", ")}}`

/** One text for each value, however it is written: JSON without its white space and order of keys, numbers without sign games. */
export const canonical = (type: FieldType.FieldType, value: Value): string => {
  if (value === null) return "null"
  switch (type._tag) {
    case "Json":
      return json(String(value))
    case "Bytes":
      return value instanceof Uint8Array ? `bytes ${Buffer.from(value).toString("hex")}` : `not bytes: ${String(value)}`
    case "List":
      return Array.isArray(value)
        ? `[${(value as ReadonlyArray<Value>).map((item) => canonical(type.of, item)).join(", ")}]`
        : `not a list: ${String(value)}`
    case "Float":
      return Object.is(value, -0) ? "-0" : String(value)
    case "Bool":
    case "Int":
    case "Uuid":
    case "Date":
    case "Timestamp":
    case "Inet":
    case "Decimal":
      return String(value)
    case "Text":
      return JSON.stringify(String(value))
    default:
      return type satisfies never
  }
}

const json = (text: string): string => {
  try {
    return JSON.stringify(sorted(JSON.parse(text)))
  } catch {
    return `not JSON: ${text}`
  }
}

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  )
}
