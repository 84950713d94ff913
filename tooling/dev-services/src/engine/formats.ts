/** What the front knows of output formats. */

/** Concatenated blocks of these are one result; the engine formats each block on its own. */
const concatenable = new Set(
  (
    "TabSeparated TSV TabSeparatedRaw TSVRaw Raw CSV JSONEachRow JSONLines NDJSON JSONStringsEachRow JSONCompactEachRow " +
    "JSONCompactStringsEachRow RowBinary Native LineAsString RawBLOB TSKV MsgPack"
  ).split(" "),
)

/** `setting` tells the value that a setting has in the query. */
export const isConcatenable = (format: string, setting: (name: string) => string | undefined): boolean =>
  // With it, JSONEachRow prints one array.
  concatenable.has(format) && !/^(1|true)$/.test(setting("output_format_json_array_of_rows") ?? "")

export const contentType = (format: string): string => {
  if (/^(JSONEachRow|JSONLines|NDJSON|JSONStringsEachRow)$/.test(format)) return "application/x-ndjson; charset=UTF-8"
  if (format.startsWith("JSON")) return "application/json; charset=UTF-8"
  if (/^(TSV|TabSeparated)/.test(format)) return "text/tab-separated-values; charset=UTF-8"
  if (format.startsWith("CSV"))
    return `text/csv; charset=UTF-8; header=${format.includes("WithNames") ? "present" : "absent"}`
  return /^(Native|RowBinary|RawBLOB|MsgPack|Parquet|Arrow|Avro|ORC)/.test(format)
    ? "application/octet-stream"
    : "text/plain; charset=UTF-8"
}
