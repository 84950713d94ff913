/**
 * `npm run bench:hygiene`: what ClickHouse's CPU pays for safe values, copies collapsed and rows counted, where there is nothing to
 * mend: the export's statement and the hand-written one in turns, both read to the end and thrown away.
 */
import { NodeRuntime } from "@effect/platform-node"
import { FieldType, type Projection, Run, Window } from "@batch-exports/core"
import { builtIn } from "batch-exports"
import { Console, Effect } from "effect"
import { parseArgs } from "node:util"
import { attempt, BenchmarkError } from "../BenchmarkError.ts"
import { makeEvents, window } from "../data.ts"
import * as Proc from "../proc.ts"
import { columns, TEAM, tuples } from "../projection.ts"
import * as Scenarios from "../scenarios.ts"
import * as Servers from "../servers.ts"
import { rotate, summary } from "../statistics.ts"

const DATABASE = "batch_exports_benchmark"

const { values: flags } = parseArgs({
  options: {
    rows: { type: "string", default: "200k" },
    width: { type: "string", default: "typical" },
    pairs: { type: "string", default: "9" },
  },
})

const types = {
  uuid: [FieldType.text(200), "character varying(200)"],
  text: [FieldType.text(200), "character varying(200)"],
  jsonb: [FieldType.json, "jsonb"],
  int4: [FieldType.int32, "integer"],
  timestamptz: [FieldType.timestamp(6), "timestamp with time zone"],
} as const

interface Span {
  readonly start: string
  readonly end: string
}

/** As long, and without events: what a window costs that is not its rows. */
const empty: Span = { start: "2025-01-15T12:00:00.000Z", end: "2025-01-15T13:00:00.000Z" }

const ours = Effect.fnUntraced(function* (servers: Servers.Servers) {
  const plugin = builtIn.sources.find(({ name }) => name === "clickhouse")
  if (plugin === undefined) return yield* new BenchmarkError({ message: "there is no ClickHouse source" })
  const { password, url, user } = servers.clickHouse
  const configured = yield* Effect.fromResult(
    plugin.configure(
      { value: { url, user, password, database: DATABASE } },
      { value: { name: "events", teamId: TEAM } },
    ),
  )
  const opened = yield* configured.open
  const projected = columns.flatMap(({ kind, name }): ReadonlyArray<Projection.Column> => {
    const field = opened.model.schema.fields.find((known) => known.name === name)
    const [as, targetType] = types[kind]
    return field === undefined ? [] : [{ field, as, targetType, unfit: "nearest" }]
  })
  const [first, ...others] = projected
  if (first === undefined) return yield* new BenchmarkError({ message: "none of the columns is the model's" })
  const projection: Projection.Projection = {
    encoding: "postgres-copy-binary",
    columns: [first, ...others],
    leftOut: [],
  }
  return Effect.fnUntraced(function* ({ end, start }: Span) {
    const range = yield* Effect.fromResult(Window.parse(`${start}/${end}`)).pipe(
      Effect.mapError((message) => new BenchmarkError({ message })),
    )
    const run: Run.Run = {
      id: "benchmark",
      export: "benchmark",
      model: opened.model,
      definition: opened.definition,
      window: range,
      mode: "once",
      defensive: false,
      offers: opened.encodings,
    }
    const reading = yield* opened.read({ run, window: range, projection })
    return yield* attempt("read the export's answer", () => length(reading.bytes))
  }, Effect.scoped)
})

const plain =
  ({ client }: Servers.Servers) =>
  (span: Span) =>
    attempt("read the plain answer", async (signal) => {
      const query = `${tuples({ database: DATABASE, ...span })} FORMAT RawBLOB`
      const { stream } = await client.exec({ query, abort_signal: signal })
      return await length(stream as AsyncIterable<Uint8Array>)
    })

const length = async (bytes: AsyncIterable<Uint8Array>): Promise<number> => {
  let sum = 0
  for await (const chunk of bytes) sum += chunk.length
  return sum
}

const bench = Effect.gen(function* () {
  const selected = Scenarios.select({ width: flags.width, rows: flags.rows })
  const pairs = Number(flags.pairs)
  if ("problem" in selected) return yield* new BenchmarkError({ message: selected.problem })
  if (!(pairs >= 1)) return yield* new BenchmarkError({ message: "--pairs must be at least 1" })
  const servers = yield* Servers.start({ tls: false })
  const { enginePid } = servers
  if (enginePid === undefined || !Proc.available) {
    return yield* new BenchmarkError({
      message: "the engine's CPU time is read from Linux's /proc, of an engine started here",
    })
  }
  for (const scenario of selected.scenarios) {
    yield* attempt("make the events", (signal) => makeEvents(servers.client, DATABASE, scenario, signal))
    const contestants = [
      { name: "plain", read: plain(servers) },
      { name: "ours", read: yield* ours(servers) },
    ]
    const measured = new Map<string, Array<number>>()
    const measure = Effect.fnUntraced(function* (name: string, effect: Effect.Effect<number, unknown>) {
      const before = Proc.cpuOf(enginePid).own
      yield* effect
      measured.set(name, [...(measured.get(name) ?? []), Proc.cpuOf(enginePid).own - before])
    })
    for (let round = 0; round <= pairs; round++) {
      for (const { name, read } of rotate(contestants, round)) {
        yield* measure(name, read(window))
        // A tick of the clock is 10 ms, so that one empty window would be told too coarsely.
        yield* measure(`${name}, empty`, Effect.as(Effect.replicateEffect(read(empty), 10, { discard: true }), 0))
      }
      // The first to read finds cold caches.
      if (round === 0) measured.clear()
    }
    yield* Console.log(`${Scenarios.describe(scenario)}, ${pairs} pairs: median (min–max)`)
    const of = (name: string) => measured.get(name) ?? []
    for (const { name } of contestants) {
      const rows = summary(of(name).map((seconds) => (seconds / scenario.rows) * 1e6))
      const fixed = summary(of(`${name}, empty`).map((seconds) => seconds * 100))
      yield* Console.log(`  ${name.padEnd(6)} ${write(rows, 2)} µs a row, ${write(fixed, 0)} ms of it for any window`)
    }
    const ratio = (share: (name: string, index: number) => number) =>
      summary(of("ours").map((_, index) => share("ours", index) / share("plain", index)))
    const whole = ratio((name, index) => of(name)[index] ?? 0)
    const rowsOnly = ratio((name, index) => (of(name)[index] ?? 0) - (of(`${name}, empty`)[index] ?? 0) / 10)
    yield* Console.log(`  ours ÷ plain ${write(whole, 2)}, of the rows alone ${write(rowsOnly, 2)}`)
  }
}).pipe(Effect.scoped)

const write = (found: ReturnType<typeof summary>, digits: number): string =>
  found === undefined
    ? "–"
    : `${found.median.toFixed(digits)} (${found.min.toFixed(digits)}–${found.max.toFixed(digits)})`

NodeRuntime.runMain(bench)
