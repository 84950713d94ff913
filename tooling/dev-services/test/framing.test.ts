import { assert, describe, it, layer } from "@effect/vitest"
import { Effect } from "effect"
import { templateParts } from "../src/engine/framing.ts"
import { ClickHouseServer } from "../src/index.ts"
import { bodyOf, connect, raw } from "./client.ts"

const row = "${number:Raw};"
const nonce = "b1946ac9"

const text = (sql: string, settings: Record<string, string | number> = {}) =>
  Effect.map(Effect.flatMap(raw(sql, settings), bodyOf), ({ bytes }) => bytes.toString())

const numbers = (n: number, end: string) => Array.from({ length: n }, (_, i) => `${i}${end}`).join("")

layer(ClickHouseServer.layer)("formats with a frame", (it) => {
  for (const n of [0, 1, 1000, 300_000]) {
    it.effect(`prints one tail with the total of ${n} rows, from settings of the URL`, () =>
      Effect.gen(function* () {
        const found = yield* text(`SELECT number FROM numbers(${n}) FORMAT Template`, {
          format_template_row_format: row,
          format_template_rows_between_delimiter: "",
          format_template_resultset_format: `<$$\${data}${nonce}\${rows:Raw}`,
        })
        assert.isTrue(found === `<$${numbers(n, ";")}${nonce}${n}`)
      }),
    )

    it.effect(`prints one tail with the total of ${n} rows, from a SETTINGS clause`, () =>
      Effect.gen(function* () {
        const found = yield* text(
          `SELECT number FROM numbers(${n}) FORMAT Template SETTINGS format_template_row_format='${row}', max_threads = 2,
           format_template_rows_between_delimiter='|', format_template_resultset_format='\${data}\\x00\\'${nonce}\${rows:Raw}\\n'`,
          { format_template_resultset_format: "overridden ${data}" },
        )
        assert.isTrue(found === `${numbers(n, ";|").replace(/\|$/, "")}\0'${nonce}${n}\n`)
      }),
    )
  }

  it.effect("works through the client, from either place", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const settings = {
        format_template_row_format: row,
        format_template_rows_between_delimiter: "",
        format_template_resultset_format: `\${data}${nonce}\${rows:Raw}`,
      }
      const clause = Object.entries(settings)
        .map(([name, value]) => `${name} = '${value}'`)
        .join(", ")
      for (const params of [
        { query: "SELECT number FROM numbers(200000) FORMAT Template", clickhouse_settings: settings },
        { query: `SELECT number FROM numbers(200000) SETTINGS ${clause} FORMAT Template` },
      ]) {
        const body = yield* Effect.promise(async () => {
          const { stream } = await client.exec(params)
          const chunks: Array<Buffer> = []
          for await (const chunk of stream) chunks.push(chunk as Buffer)
          return Buffer.concat(chunks).toString()
        })
        assert.isTrue(body === `${numbers(200_000, ";")}${nonce}200000`)
      }
    }),
  )

  it.effect("has the defaults of the format, and leaves templates that need more to the engine", () =>
    Effect.gen(function* () {
      const settings = { format_template_row_format: "${number:Raw}" }
      assert.strictEqual(yield* text("SELECT number FROM numbers(3) FORMAT Template", settings), "0\n1\n2\n")
      const total = {
        ...settings,
        format_template_resultset_format: "${data}:${rows:Raw}:${rows_before_limit:Raw}",
      }
      const found = yield* text(
        "SELECT number FROM numbers(300000) ORDER BY number LIMIT 100000 FORMAT Template",
        total,
      )
      assert.match(found, /^0\n1\n[\d\n]*\n99999:100000:\d+$/)
      const wrong = { ...settings, format_template_resultset_format: "${data}${rows}" }
      assert.include(yield* text("SELECT number FROM numbers(3) FORMAT Template", wrong), "Code: 474")
    }),
  )

  it.effect("prints no tail after a failure, unless told to", () =>
    Effect.gen(function* () {
      const query =
        "SELECT number, throwIf(number = 3000000) FROM numbers(100000000) FORMAT Template SETTINGS max_threads = 1"
      const settings = {
        format_template_row_format: row,
        format_template_resultset_format: `\${data}${nonce}\${rows:Raw}`,
      }
      const found = yield* text(query, settings)
      assert.include(found, "__exception__")
      assert.notInclude(found, nonce)
      const silent = yield* text(query, { ...settings, dev_exception: "silent", dev_tail: 1 })
      assert.match(silent.slice(-40), new RegExp(`${nonce}\\d+$`))
    }),
  )

  it.effect("frames CustomSeparated once too", () =>
    Effect.gen(function* () {
      const found = yield* text("SELECT number FROM numbers(200000) FORMAT CustomSeparated", {
        format_custom_result_before_delimiter: "[",
        format_custom_row_after_delimiter: ";",
        format_custom_row_between_delimiter: ",",
        format_custom_result_after_delimiter: "]",
      })
      assert.isTrue(found === `[${numbers(200_000, ";,").replace(/,$/, "")}]`)
    }),
  )
})

describe("templateParts", () => {
  it("reads placeholders, dollars and text", () => {
    const parts = templateParts("a$$b${data}$c${rows:Raw}").map(
      ({ placeholder, text }) => placeholder ?? text.toString(),
    )
    assert.deepStrictEqual(parts, ["a", "$", "b", "data", "$", "c", "rows:Raw"])
  })
})
