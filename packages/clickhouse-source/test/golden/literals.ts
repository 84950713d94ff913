/** Values as SQL that no parser on the way can change, and the ClickHouse type that a value of a field type has here (values/Value.ts). */
import type { FieldType } from "@batch-exports/core"
import type { Value } from "@batch-exports/conformance/encoders"

export const typeName = (type: FieldType.FieldType): string => {
  switch (type._tag) {
    case "Bool":
    case "Int":
    case "Float":
      return type._tag === "Bool" ? "Bool" : `${type._tag}${type.bits}`
    case "Decimal":
      return `Decimal(${type.precision}, ${type.scale})`
    case "Text":
    case "Json":
    case "Inet":
    case "Bytes":
      return "String"
    case "Uuid":
      return "UUID"
    case "Date":
      return "Date32"
    case "Timestamp":
      return `DateTime64(${type.digits}, 'UTC')`
    case "List":
      return `Array(${typeName(type.of)})`
    default:
      return type satisfies never
  }
}

export const literal = (type: FieldType.FieldType, value: Value): string => {
  if (value === null) return "NULL"
  switch (type._tag) {
    case "Bool":
      return String(value)
    case "Float":
      return `reinterpretAsFloat${type.bits}(unhex('${floatBytes(type.bits, Number(value)).toString("hex")}'))`
    case "Int":
    case "Decimal":
    case "Date":
      return `CAST('${String(value)}', '${typeName(type)}')`
    case "Text":
    case "Json":
    case "Inet":
      return `unhex('${Buffer.from(String(value)).toString("hex")}')`
    case "Bytes":
      return `unhex('${Buffer.from(value as Uint8Array).toString("hex")}')`
    case "Uuid":
      return `toUUID('${String(value)}')`
    case "Timestamp":
      return `toDateTime64('${String(value).replace("T", " ").replace("Z", "")}', ${type.digits}, 'UTC')`
    case "List": {
      const items = (value as ReadonlyArray<Value>).map((item) => literal(type.of, item))
      return `CAST([${items.join(", ")}], '${typeName(type).replaceAll("'", "\\'")}')`
    }
    default:
      return type satisfies never
  }
}

const floatBytes = (bits: 32 | 64, value: number): Buffer => {
  const bytes = Buffer.alloc(bits / 8)
  if (bits === 32) bytes.writeFloatLE(value)
  else bytes.writeDoubleLE(value)
  return bytes
}
