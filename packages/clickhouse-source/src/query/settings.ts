/**
 * Settings of the queries that an export's correctness rests on. A profile may hold other values for a good reason; none of
 * them may cut an answer short in silence, or change how values are written.
 */
import type { ClickHouseSettings } from "@clickhouse/client"

/** With `break`, a query over its limit ends early, cleanly and with a trailer that counts what little was sent. */
const nothingCutShort: ClickHouseSettings = {
  read_overflow_mode: "throw",
  group_by_overflow_mode: "throw",
  sort_overflow_mode: "throw",
  result_overflow_mode: "throw",
  timeout_overflow_mode: "throw",
  set_overflow_mode: "throw",
  transfer_overflow_mode: "throw",
  limit: "0",
  offset: "0",
  skip_unavailable_shards: 0,
}

const writtenOneWay: ClickHouseSettings = {
  date_time_output_format: "iso",
  output_format_json_escape_forward_slashes: 0,
  output_format_decimal_trailing_zeros: 1,
  format_tsv_null_representation: "\\N",
  // Else a column that is spelled like one of our names would be taken for it.
  prefer_column_name_to_alias: 0,
}

const neededByTheQueries: ClickHouseSettings = {
  allow_hyperscan: 1,
  short_circuit_function_evaluation: "enable",
  // A client that goes away must not leave its query running.
  cancel_http_readonly_queries_on_client_close: 1,
}

/**
 * For queries without SQL of the user's, which are faster so (see sql/text.ts). A user's may need short circuits:
 * `if(b = 0, 0, intDiv(a, b))`.
 */
export const withoutShortCircuits: ClickHouseSettings = { short_circuit_function_evaluation: "disable" }

export const always: ClickHouseSettings = { ...nothingCutShort, ...writtenOneWay, ...neededByTheQueries }

/** The trailer is proof that the answer is whole, so nobody who writes data may know what it looks like. */
export const template = (row: string, nonce: string): ClickHouseSettings => ({
  format_template_row_format: row,
  format_template_rows_between_delimiter: "",
  format_template_resultset_format: `\${data}${nonce}\${rows:Raw}`,
})
