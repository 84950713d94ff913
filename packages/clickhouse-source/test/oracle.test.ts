/** Everything at once, against a second opinion: the fixtures' oracle applies docs/values.md in plain JavaScript. */
import { assert, layer } from "@effect/vitest"
import { ClickHouseServer } from "@batch-exports/dev-services"
import { createEventsTable, expected, type ExpectedRow, insertEvents, insertHostile } from "@batch-exports/fixtures"
import { Effect } from "effect"
import { client, configured, created, projection, readAll, window } from "./support/reading.ts"

const hours = (start: number, end: number) => ({
  start: new Date(Date.UTC(2026, 0, 1, start)),
  end: new Date(Date.UTC(2026, 0, 1, end)),
})

/** Undoes the escapes of COPY's text format. */
const field = (text: string): string | null =>
  text === "\\N"
    ? null
    : text.replace(
        /\\(.)/gs,
        (_, char: string) => ({ b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" })[char] ?? char,
      )

const documents = new Set(["properties", "elements", "set", "set_once"])

/** JSON strings have many spellings; everything else is sent as it stands in the source. */
const comparable = (name: string, value: string | null) => {
  if (value === null) return null
  if (name === "timestamp") return value.replace(" ", "T").replace(/(?:\+00|Z)?$/, "Z")
  return documents.has(name) && value.startsWith('"') ? `"${JSON.parse(value) as string}` : value
}

layer(ClickHouseServer.layer)("the oracle", (it) => {
  it.effect("agrees about every value and every count", () =>
    Effect.gen(function* () {
      const server = yield* ClickHouseServer
      const connection = yield* client(server)
      const seed = 20260131
      yield* Effect.promise(async () => {
        await createEventsTable(connection, "default")
        await insertHostile(connection, { database: "default", windows: hours(0, 2) })
        await insertEvents(connection, { database: "default", rows: 4000, seed, windows: hours(0, 2) })
      })
      const opened = yield* configured(server, { selection: { teamId: "all" } }).open
      const names = created(opened.model)
      const line = (values: ReadonlyArray<string | null>) =>
        JSON.stringify(values.map((value, index) => comparable(names[index] ?? "", value)))

      for (const hour of [0, 1]) {
        const range = hours(hour, hour + 1)
        const { tally, text } = yield* readAll(opened, {
          projection: projection(opened.model, "postgres-copy-text", names),
          window: window(`${range.start.toISOString()}/${range.end.toISOString()}`),
        })
        const sent = text
          .split("\n")
          .slice(0, -1)
          .map((row) => line(row.split("\t").map(field)))

        const rows: Array<ExpectedRow> = []
        yield* Effect.promise(async () => {
          for await (const row of expected(connection, { database: "default", teamId: "all", window: range }))
            rows.push(row)
        })
        const wanted = rows.map(({ sent: row }) => line(names.map((name) => row[name as keyof typeof row])))
        const adjusted: Record<string, number> = {}
        for (const name of rows.flatMap((row) => row.adjusted)) adjusted[name] = (adjusted[name] ?? 0) + 1

        assert.isAbove(rows.length, 1000, `seed ${seed}`)
        assert.strictEqual(tally.rows, rows.length, `seed ${seed}`)
        const [mine, theirs] = [sent.sort(), wanted.sort()]
        const at = mine.findIndex((row, index) => row !== theirs[index])
        assert.strictEqual(mine[at]?.slice(0, 2000), theirs[at]?.slice(0, 2000), `seed ${seed}, row ${at}`)
        assert.deepStrictEqual(tally.adjusted, adjusted, `seed ${seed}`)
      }
    }),
  )
})
