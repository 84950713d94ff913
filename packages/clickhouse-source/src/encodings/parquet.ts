/**
 * Parquet, which ClickHouse writes by itself: a value of its own type for each field, and NULLs where there may be some. The file
 * says at its end how many rows are in it, so there is no trailer of ours, and no mark.
 */
import type { Projection } from "@batch-exports/core"
import type { ClickHouseSettings } from "@clickhouse/client"
import { type Value, withNulls } from "../values/Value.ts"

export const name = "parquet"

/** Of type String, and readers may take it for text. Undefined where there is no form. */
export const column = (value: Value): string | undefined => {
  const { nullable, sql, type } = withNulls(value)
  switch (type._tag) {
    case "Bool":
    case "Int":
    case "Float":
    case "Text":
    case "Json":
    case "Uuid":
    case "Date":
    case "Timestamp":
    case "Inet":
      return sql
    case "Decimal": {
      // Most readers know decimals of up to 38 digits.
      if (type.precision > 38) return `toDecimalString(${sql}, ${type.scale})`
      const decimal = `Decimal(${type.precision}, ${type.scale})`
      return `CAST(${sql}, '${nullable ? `Nullable(${decimal})` : decimal}')`
    }
    case "List": {
      // There may be NULLs among the elements whatever the list's type says, but not where it says that there are none.
      const element = type.of._tag === "Decimal" ? decimalElement(type.of.precision, type.of.scale) : "e"
      if (type.of._tag === "List" || type.of._tag === "Bytes") return undefined
      return element === "e" ? sql : `arrayMap(e -> ${element}, ${sql})`
    }
    case "Bytes":
      // ClickHouse would call it text.
      return undefined
    default:
      return type satisfies never
  }
}

const decimalElement = (precision: number, scale: number) =>
  precision > 38 ? `toDecimalString(e, ${scale})` : `CAST(e, 'Nullable(Decimal(${precision}, ${scale}))')`

const methods = { none: "none", gzip: "gzip", zstd: "zstd" } as const

export const settings = (compression: Projection.Projection["compression"] = "zstd"): ClickHouseSettings => ({
  output_format_parquet_compression_method: methods[compression],
  output_format_parquet_string_as_string: 1,
  // Indexes stand right before the metadata, so that it shows where the pages end (see read/FileAnswer.ts).
  output_format_parquet_write_page_index: 1,
  output_format_parquet_write_bloom_filter: 0,
  output_format_parquet_write_checksums: 1,
  // A group is held in memory until it is written.
  output_format_parquet_row_group_size: "200000",
  output_format_parquet_row_group_size_bytes: "134217728",
})
