/** Drives the destination as a runner would: configure, open, write, commit. */
import { type Destination, type DestinationError, type Projection, type Run, Window } from "@batch-exports/core"
import { DateTime, Effect, Result, type Scope } from "effect"
import { randomUUID } from "node:crypto"
import { copyBinary, copyText, PostgresDestination } from "../../src/index.ts"
import { Postgres } from "./database.ts"
import { pairs } from "./model.ts"
import { variant } from "./variant.ts"

export type Settings = Readonly<Record<string, unknown>>

export const configure = (settings: Settings): Destination.Configured =>
  Result.getOrThrow(PostgresDestination.configure(settings))

/** `undefined` takes a setting away. The superuser, the server's authority, table "t": what a test does not care about. */
export const settingsFor = Effect.fnUntraced(function* (schema: string, changes: Settings = {}) {
  const { database, host, password, port, settings, user } = yield* Postgres
  const format = variant.format === "auto" ? {} : { copyFormat: variant.format }
  const all = { host, port, user, password, database, schema, table: "t", ...format, ...settings, ...changes }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
})

export const destination = Effect.fnUntraced(function* (schema: string, changes: Settings = {}) {
  return configure(yield* settingsFor(schema, changes))
})

/** Hours of 1 January 2026: `hours(0, 2)` is midnight to two. */
export const hours = (from: number, to: number): Window.Window => {
  const day = DateTime.makeUnsafe("2026-01-01T00:00:00Z")
  return new Window.Window({ start: DateTime.add(day, { hours: from }), end: DateTime.add(day, { hours: to }) })
}

export const runOf = (changes: Partial<Run.Run> = {}): Run.Run => ({
  id: randomUUID(),
  export: "an export",
  model: pairs,
  definition: "definition 1",
  window: hours(0, 1),
  mode: "once",
  defensive: false,
  offers: [copyText],
  ...changes,
})

/** A source that writes both of the destination's encodings. */
export const both = [copyBinary, copyText] as const

export const bytesOf = async function* (...chunks: ReadonlyArray<string | Uint8Array>): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield typeof chunk === "string" ? Buffer.from(chunk) : chunk
}

export const lines = (text: string): number => text.split("\n").length - 1

/** Exports the same text for each missing window. Answers with the windows that were missing. */
export const exportText = (
  to: Destination.Configured,
  run: Run.Run,
  text: string,
): Effect.Effect<
  {
    readonly missing: ReadonlyArray<Window.Window>
    readonly notices: ReadonlyArray<string>
    readonly receipt?: Destination.Receipt
  },
  DestinationError
> =>
  Effect.scoped(
    Effect.gen(function* () {
      const sink = yield* to.open(run)
      const { missing, notices } = sink
      if (missing.length === 0) return { missing, notices }
      for (const window of missing) yield* sink.write({ window, bytes: bytesOf(text) })
      const receipt = yield* sink.commit({ rows: lines(text) * missing.length, adjusted: {} })
      return { missing, notices, receipt }
    }),
  )

/** Exports the chunks as one window, and answers with the projection that they were for. */
export const exportBytes = Effect.fnUntraced(function* (
  to: Destination.Configured,
  run: Run.Run,
  rows: number,
  chunks: ReadonlyArray<string | Uint8Array>,
): Effect.fn.Return<Projection.Projection, DestinationError, Scope.Scope> {
  const sink = yield* to.open(run)
  yield* sink.write({ window: run.window, bytes: bytesOf(...chunks) })
  yield* sink.commit({ rows, adjusted: {} })
  return sink.projection
}, Effect.scoped)

/** The reason that an effect fails for, or "succeeded". */
export const reasonOf = <A, R>(effect: Effect.Effect<A, DestinationError, R>): Effect.Effect<string, never, R> =>
  Effect.match(effect, { onSuccess: () => "succeeded", onFailure: (error) => error.reason })

export const count = Effect.fnUntraced(function* (schema: string, table = "t") {
  const { sql } = yield* Postgres
  const [row] = yield* sql<{ n: number }>(`SELECT count(*)::int4 AS n FROM ${schema}.${table}`)
  return row?.n
})
