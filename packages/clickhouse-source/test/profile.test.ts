/** What the profile of the ClickHouse user says about how values are written does not reach an export. */
import { FieldType } from "@batch-exports/core"
import { clickHouse } from "@batch-exports/dev-services"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { configured, projection, readAll } from "./support/reading.ts"

const profile = {
  date_time_output_format: "unix_timestamp",
  output_format_json_quote_64bit_integers: 1,
  output_format_json_quote_decimals: 1,
  output_format_json_quote_denormals: 1,
  output_format_json_named_tuples_as_objects: 0,
  output_format_json_escape_forward_slashes: 1,
  output_format_decimal_trailing_zeros: 0,
  format_tsv_null_representation: "nothing",
  bool_true_representation: "yes",
  bool_false_representation: "no",
  extremes: 1,
}

it.live(
  "the profile of the user",
  () =>
    Effect.gen(function* () {
      const server = yield* clickHouse({ settings: profile })
      const query = `SELECT CAST((toUInt64(18446744073709551615), toDecimal64('1.5', 2), nan, true, 'a/b'), 'Tuple(n UInt64, d Decimal(18, 2), x Float64, b Bool, s String)') AS t,
          map('k', toInt64(-5)) AS m, '{"n":9007199254740993}'::JSON AS j, true AS yes, false AS no, CAST(NULL, 'Nullable(Bool)') AS none,
          [true, false] AS list, toDecimal64('1.5', 2) AS amount, toDateTime64('2026-01-31 10:00:00', 3, 'UTC') AS at
        FROM numbers(2) WHERE {window_start} < {window_end}`
      const opened = yield* configured(server, { selection: { name: "query", query } }).open
      const fields = ["t", "m", "j", "none", "list", "amount", "at"]
      const columns = {
        ...Object.fromEntries(fields.map((name) => [name, {}])),
        yes: { as: FieldType.text() },
        no: { as: FieldType.text() },
      }
      const { text, tally } = yield* readAll(opened, {
        projection: projection(opened.model, "postgres-copy-text", columns),
      })
      const row = [
        '{"n":18446744073709551615,"d":1.50,"x":null,"b":true,"s":"a/b"}',
        '{"k":-5}',
        '{"n":9007199254740993}',
        "\\N",
        '{"t","f"}',
        "1.50",
        "2026-01-31T10:00:00.000Z",
        "true",
        "false",
      ].join("\t")
      assert.strictEqual(text, `${row}\n`.repeat(2))
      assert.deepStrictEqual(tally, { rows: 2, adjusted: {} })
    }).pipe(Effect.scoped),
  60_000,
)
