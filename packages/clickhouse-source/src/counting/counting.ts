/** What a window holds, found out without reading it: how many records, about how much, since when, and where to divide it. */
import { type Source, type SourceError, Window } from "@batch-exports/core"
import { DateTime, Effect } from "effect"
import type { Connection } from "../connect.ts"
import type { Arrivals, Slice, SourceModel } from "../models/SourceModel.ts"
import * as Settings from "../query/settings.ts"
import { bounds } from "../query/statement.ts"
import { slicesOf } from "../read/readWindow.ts"
import * as Sql from "./arrivals.ts"
import { type Bucket, isCoarse, parts } from "./parts.ts"

type Counting = Required<Pick<Source.Opened, "count" | "estimate" | "cut" | "earliest">>

type Answer = Readonly<Record<string, string | number | null>>

export const counting = (connection: Connection, model: SourceModel): Counting => {
  const ask = (query: string, params: Readonly<Record<string, unknown>>, window: Window.Window, settings = {}) =>
    connection.rows<Answer>(query, {
      params: { ...params, ...bounds(window) },
      settings: { ...Settings.always, ...settings, ...connection.limits },
    })
  const first = (query: string, params: Readonly<Record<string, unknown>>, window: Window.Window, settings = {}) =>
    Effect.map(ask(query, params, window, settings), ([row]) => row ?? {})
  const [arrivals, ...others] = model.arrivals

  const count = Effect.fn("ClickHouseSource.count")(function* (window: Window.Window) {
    const [slices] = yield* slicesOf(connection, model, window)
    const counts = yield* Effect.forEach(slices, (slice) => countSlice(window, slice))
    return counts.reduce((sum, each) => sum + each, 0)
  })
  const countSlice = (window: Window.Window, slice: Slice) => {
    // As few columns as a record can have: they are not looked at.
    const { identity, schema } = model.model
    const fields = identity._tag === "Upsert" ? identity.key : [schema.fields[0].name]
    const wanted = fields.map((field) => ({ field }))
    const { from, params, settings } = model.rows(wanted, { defensive: false, slice })
    return Effect.map(first(`SELECT count() AS rows FROM ${from}`, params, window, settings), ({ rows }) =>
      Number(rows),
    )
  }

  /** Without a word about it, a record is taken to be of middling size. */
  const size = (window: Window.Window) =>
    model.size === undefined
      ? Effect.succeed(1000)
      : Effect.map(first(model.size.query, model.size.params, window), ({ bytes }) => Number(bytes ?? 0) || 1000)

  const rowsOf = (window: Window.Window): Effect.Effect<number, SourceError> => {
    if (model.survey !== undefined) {
      const { records } = model.survey
      return Effect.map(slicesOf(connection, model, window), ([, row]) => records(row))
    }
    return arrivals === undefined || others.length > 0
      ? count(window)
      : Effect.map(histogram(arrivals, window, 1), ([bucket]) => bucket?.rows ?? 0)
  }

  const estimate = Effect.fn("ClickHouseSource.estimate")(function* (window: Window.Window) {
    const rows = yield* rowsOf(window)
    return { rows, bytes: rows === 0 ? 0 : Math.ceil(rows * (yield* size(window))) }
  })

  const histogram = (
    of: Arrivals,
    window: Window.Window,
    most: number,
  ): Effect.Effect<ReadonlyArray<Bucket>, SourceError> => {
    const [start, end] = [DateTime.toEpochMillis(window.start), DateTime.toEpochMillis(window.end)]
    const width = Math.max(1, Math.ceil((end - start) / most))
    return Effect.map(ask(Sql.histogram(of, width), of.params, window), (rows) =>
      rows.map(({ bucket, rows: inBucket }) => {
        const from = start + Number(bucket) * width
        return { start: from, end: Math.min(end, from + width), rows: Number(inBucket) }
      }),
    )
  }

  const refined = (
    of: Arrivals,
    buckets: ReadonlyArray<Bucket>,
    most: number,
  ): Effect.Effect<ReadonlyArray<Bucket>, SourceError> =>
    Effect.map(
      Effect.forEach(buckets, (bucket) =>
        isCoarse(bucket, most)
          ? Effect.flatMap(histogram(of, windowOf(bucket), linesPerAnswer), (finer) => refined(of, finer, most))
          : Effect.succeed([bucket]),
      ),
      (found) => found.flat(),
    )

  const cut = Effect.fn("ClickHouseSource.cut")(function* (window: Window.Window, most: Source.Estimate) {
    if (arrivals?.additive !== true) return [{ window, holds: undefined }]
    const buckets = yield* histogram(arrivals, window, linesPerAnswer)
    const rows = buckets.reduce((sum, bucket) => sum + bucket.rows, 0)
    // Most windows of most exports of events: to ask for the size would cost as much as a tenth of the export.
    const bytes = model.largest === undefined ? undefined : rows * model.largest
    if (bytes !== undefined && bytes <= most.bytes && rows <= most.rows) return [{ window, holds: undefined }]
    const each = rows === 0 ? 1 : yield* size(window)
    const limit = Math.max(1, Math.min(most.rows, Math.floor(most.bytes / each)))
    const fine = rows <= limit ? buckets : yield* refined(arrivals, buckets, limit)
    return parts(spanOf(window), fine, limit).map((part) => ({
      window: windowOf(part),
      holds: { rows: part.rows, bytes: Math.ceil(part.rows * each) },
    }))
  })

  const earliest = Effect.fn("ClickHouseSource.earliest")(function* (window: Window.Window) {
    const found = yield* Effect.forEach(model.arrivals, (each) => first(Sql.earliest(each), each.params, window))
    const instants = found.flatMap((row) => (row["earliest"] == null ? [] : [Number(row["earliest"])]))
    // What is read whole each time is as old as anybody wants it to be.
    if (model.arrivals.length === 0) return window.start
    return instants.length === 0 ? undefined : DateTime.makeUnsafe(Math.min(...instants))
  })

  return { count, estimate, cut, earliest }
}

const linesPerAnswer = 4096

const spanOf = ({ end, start }: Window.Window) => ({
  start: DateTime.toEpochMillis(start),
  end: DateTime.toEpochMillis(end),
})

const windowOf = ({ end, start }: { readonly start: number; readonly end: number }) =>
  new Window.Window({ start: DateTime.makeUnsafe(start), end: DateTime.makeUnsafe(end) })
