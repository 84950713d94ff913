/** What the tests need again and again: a configured source, a projection, and the bytes of a window. */
import { Model, type Projection, type Run, type Source, Window } from "@batch-exports/core"
import type { DevClickHouse } from "@batch-exports/dev-services"
import { createClient, type ClickHouseClient } from "@clickhouse/client"
import { Effect, Result, type Scope } from "effect"
import { ClickHouseSource } from "../../src/index.ts"

export const window = (text: string): Window.Window => Result.getOrThrow(Window.parse(text))

export const day = window("2026-01-01T00:00:00Z/2026-01-02T00:00:00Z")

export const client = (
  server: DevClickHouse,
  database = "default",
): Effect.Effect<ClickHouseClient, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => createClient({ url: server.url, username: server.user, password: server.password, database })),
    (client) => Effect.promise(() => client.close()),
  )

export const configured = (
  server: { readonly url: string; readonly user: string; readonly password: string },
  options: {
    readonly config?: object
    readonly selection?: { readonly name?: string; readonly [key: string]: unknown }
  } = {},
): Source.Configured =>
  Result.getOrThrow(
    ClickHouseSource.configure(
      { value: { url: server.url, user: server.user, password: server.password, ...options.config } },
      { value: { name: "events", ...(hasTeams(options.selection?.name) ? { teamId: 1 } : {}), ...options.selection } },
    ),
  )

const hasTeams = (model: string | undefined) => model !== "table" && model !== "query"

/** A selection whose statement takes the server little time to understand, and gives so many rows of so many bytes each. */
export const plain = (size: { readonly rows: number; readonly bytes: number; readonly random?: boolean }) => {
  const filling = size.random === true ? `hex(randomString(${size.bytes >> 1}))` : `repeat('x', ${size.bytes})`
  return {
    name: "query",
    query: `SELECT number, ${filling} AS x FROM numbers(${size.rows}) WHERE {window_start} < {window_end}`,
  }
}

/** Every named field as its own type, or as the type that the target is said to have. */
export const projection = (
  model: Model.Model,
  encoding: string,
  columns: Readonly<Record<string, Partial<Projection.Column>>> | ReadonlyArray<string>,
): Projection.Projection => {
  const wanted = Array.isArray(columns) ? Object.fromEntries(columns.map((name: string) => [name, {}])) : columns
  const made = Object.entries(wanted as Readonly<Record<string, Partial<Projection.Column>>>).map(([name, column]) => {
    const field = model.schema.fields.find((known) => known.name === name)
    if (field === undefined) throw new Error(`no field ${name}`)
    return { field, as: field.type, targetType: "a type", unfit: "nearest" as const, ...column }
  })
  return { encoding, columns: made as never, leftOut: [] }
}

export const created = (model: Model.Model): ReadonlyArray<string> =>
  model.schema.fields.filter((field) => field.created).map((field) => field.name)

export const run = (opened: Source.Opened, window: Window.Window, defensive = false): Run.Run => ({
  id: "run-1",
  export: "an export",
  model: opened.model,
  definition: opened.definition,
  window,
  mode: "once",
  defensive,
  offers: opened.encodings,
})

export const collect = async (bytes: AsyncIterable<Uint8Array>): Promise<Buffer> => {
  const chunks: Array<Uint8Array> = []
  for await (const chunk of bytes) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** All of one window. */
export const readAll = Effect.fnUntraced(function* (
  opened: Source.Opened,
  options: {
    readonly projection: Projection.Projection
    readonly window?: Window.Window
    readonly defensive?: boolean
  },
) {
  const at = options.window ?? day
  const reading = yield* opened.read({
    run: run(opened, at, options.defensive),
    projection: options.projection,
    window: at,
  })
  const bytes = yield* Effect.tryPromise({
    try: () => collect(reading.bytes),
    catch: (cause) => reading.failure() ?? (cause as never),
  })
  return { text: bytes.toString(), bytes, tally: yield* reading.tally }
}, Effect.scoped)
