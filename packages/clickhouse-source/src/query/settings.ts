/**
 * Settings of the queries that an export's correctness rests on. A profile may hold other values for a good reason; none of
 * them may cut an answer short in silence, or change how values are written.
 */
import type { ClickHouseSettings } from "@clickhouse/client"
import type { Separated } from "../encodings/RowEncoding.ts"
import type { Rendering } from "./statement.ts"

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
  // Documents that are made of maps, tuples and JSON columns. Until 25.8, servers put integers in quotes.
  output_format_json_escape_forward_slashes: 0,
  output_format_json_quote_64bit_integers: 0,
  output_format_json_quote_decimals: 0,
  output_format_json_quote_denormals: 0,
  output_format_json_named_tuples_as_objects: 1,
  bool_true_representation: "true",
  bool_false_representation: "false",
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

/** The same trailer, without a number: rows are counted by their marks. */
export const separated = ({ after, between, escaping }: Separated, nonce: string): ClickHouseSettings => ({
  format_custom_escaping_rule: escaping,
  format_custom_field_delimiter: between,
  format_custom_row_before_delimiter: "",
  format_custom_row_after_delimiter: after,
  format_custom_row_between_delimiter: "",
  format_custom_result_before_delimiter: "",
  format_custom_result_after_delimiter: nonce,
})

/** What makes the server put rows together in this form. */
export const form = (of: Rendering["form"], nonce: string): ClickHouseSettings => {
  switch (of._tag) {
    case "Lines":
      return template(of.row, nonce)
    case "Marked":
      return separated(of, nonce)
    case "File":
      return {}
    default:
      return of satisfies never
  }
}

/** The trailer is proof that the answer is whole, so nobody who writes data may know what it looks like. */
export const template = (row: string, nonce: string): ClickHouseSettings => ({
  format_template_row_format: row,
  format_template_rows_between_delimiter: "",
  format_template_resultset_format: `\${data}${nonce}\${rows:Raw}`,
  // Else what stands around a UNION ALL is planned once for each of its branches: a fifth of what a small window costs. A server
  // that does not know this setting is asked again without templates, as one that does not know those.
  query_plan_lift_up_union: 0,
})
