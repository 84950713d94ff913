/** The calls of an export one by one, for laws that do something in between. */
import type { Destination, DestinationError, Window } from "@batch-exports/core"
import { Effect, type Scope } from "effect"
import type { Bench, World } from "../Bench.ts"
import type { Broken } from "../Broken.ts"
import * as expect from "../expect.ts"
import { type Export, runOf } from "./exported.ts"

export const opened = (world: World, wanted: Export): Effect.Effect<Destination.Sink, Broken, Scope.Scope> =>
  expect.succeeds(
    world.destination.open(runOf(wanted)),
    "`open` succeeds",
    "`open` finds a reachable, writable target.",
  )

/** One window's bytes, as the projection asks for them. */
export const partOf = (
  bench: Bench,
  sink: Destination.Sink,
  wanted: Export,
  window: Window.Window = wanted.window,
): Destination.Part => ({ window, bytes: wanted.feed(bench.render(sink.projection, wanted.rows(window)).bytes) })

/** Every missing window, as far as they can be written. Answers with the rows received. */
export const writeAll = (bench: Bench, sink: Destination.Sink, wanted: Export): Effect.Effect<number, Broken> =>
  Effect.gen(function* () {
    let received = 0
    for (const window of sink.missing) {
      const stored = yield* expect.succeeds(
        sink.write(partOf(bench, sink, wanted, window)),
        "`write` succeeds",
        "`write` takes one of the missing windows in, in order, and answers with what it took.",
      )
      received += stored.received
    }
    return received
  })

export const commitAll = (sink: Destination.Sink, rows: number): Effect.Effect<Destination.Receipt, DestinationError> =>
  sink.commit({ rows, adjusted: {} })

/** How many bytes the window has, by the projection that the destination plans. */
export const sizeOf = (bench: Bench, world: World, wanted: Export): Effect.Effect<number, Broken> =>
  Effect.map(
    expect.succeeds(
      world.destination.plan(runOf(wanted)),
      "`plan` succeeds",
      "`plan` says what `open` would do and touches nothing; it must work whenever `open` does.",
    ),
    ({ projection }) => bench.render(projection, wanted.rows(wanted.window)).bytes.length,
  )
