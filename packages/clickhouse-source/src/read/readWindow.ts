/**
 * Reads a window in as many queries as its model's survey asks for, one after the other, as one answer. Each must be proven
 * whole before the next one starts, and the records of all are counted together.
 */
import { Run, type Source, SourceError, type Window } from "@batch-exports/core"
import { Effect, Exit, Scope } from "effect"
import type { Connection } from "../connect.ts"
import * as Parquet from "../encodings/parquet.ts"
import type { Slice, SourceModel } from "../models/SourceModel.ts"
import { whole } from "../models/slices.ts"
import * as Settings from "../query/settings.ts"
import { bounds } from "../query/statement.ts"
import { read, type Request } from "./read.ts"

export const readWindow = Effect.fnUntraced(function* (
  connection: Connection,
  model: SourceModel,
  request: Request,
): Effect.fn.Return<Source.Reading, SourceError, Scope.Scope> {
  const [[first, ...others]] = yield* slicesOf(connection, model, request.window)
  const { encoding } = request.projection
  if (others.length > 0 && encoding === Parquet.name) {
    return yield* new SourceError({
      reason: "Unsupported",
      message: `so much of "${model.model.name}" has changed that one query cannot hold it, and ${encoding} is one file for one query`,
      remedy: "Raise keysPerQuery, or choose another format.",
    })
  }
  return others.length === 0
    ? yield* read(connection, model, request, first)
    : yield* joined([first, ...others], (slice) => read(connection, model, request, slice))
})

/** The queries that a window asks for, and what the survey said, if there was one. */
export const slicesOf = Effect.fnUntraced(function* (
  connection: Connection,
  model: SourceModel,
  window: Window.Window,
): Effect.fn.Return<readonly [readonly [Slice, ...Array<Slice>], Readonly<Record<string, string>>], SourceError> {
  if (model.survey === undefined) return [[whole], {}]
  const { params, query, slices } = model.survey
  const [row = {}] = yield* connection.rows<Record<string, string>>(query, {
    params: { ...params, ...bounds(window) },
    settings: { ...Settings.always, ...connection.limits, output_format_json_quote_64bit_integers: 1 },
  })
  return [slices(row), row]
})

const joined = Effect.fnUntraced(function* (
  slices: readonly [Slice, ...Array<Slice>],
  readSlice: (slice: Slice) => Effect.Effect<Source.Reading, SourceError, Scope.Scope>,
): Effect.fn.Return<Source.Reading, SourceError, Scope.Scope> {
  const services = yield* Effect.context()
  const scope = yield* Effect.scope
  let failure: SourceError | undefined
  let begun = false
  let tally: Run.Tally | undefined

  const open = Effect.fnUntraced(function* (slice: Slice) {
    const own = yield* Scope.fork(scope)
    const reading = yield* readSlice(slice).pipe(Scope.provide(own))
    return { reading, close: Scope.close(own, Exit.void) }
  })
  const run = <A>(effect: Effect.Effect<A, SourceError>): Promise<A> =>
    effect.pipe(
      Effect.tapError((error) => Effect.sync(() => (failure ??= error))),
      Effect.runPromiseWith(services),
    )

  // A query that cannot start fails here, before the destination has begun.
  let next = yield* open(slices[0])
  const bytes = async function* () {
    // A second reader would see the rest of an answer.
    if (begun) throw (failure ??= misused("the bytes of an answer were asked for twice"))
    begun = true
    let sum = Run.emptyTally
    for (const slice of slices) {
      if (slice.index > 0) next = await run(open(slice))
      const { close, reading } = next
      try {
        yield* reading.bytes
      } catch (cause) {
        failure ??= reading.failure()
        throw cause
      }
      sum = Run.addTally(sum, await run(reading.tally))
      await run(close)
    }
    tally = sum
  }
  return {
    bytes: { [Symbol.asyncIterator]: bytes },
    failure: () => failure,
    tally: Effect.suspend(() =>
      tally === undefined
        ? Effect.fail(failure ?? misused("an answer was counted that was not read to its end"))
        : Effect.succeed(tally),
    ),
  }
})

const misused = (message: string) =>
  new SourceError({ reason: "Misuse", message, remedy: "Report this to the author of the destination." })
