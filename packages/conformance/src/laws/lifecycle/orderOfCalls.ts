import type { Destination } from "@batch-exports/core"
import { Effect, Exit, Scope } from "effect"
import { standard } from "../../drive/exported.ts"
import { commitAll, opened, partOf, writeAll } from "../../drive/steps.ts"
import { complete } from "../../drive/state.ts"
import { hours } from "../../drive/things.ts"
import * as expect from "../../expect.ts"
import { always, type Law } from "../../Law.ts"

const advice =
  "Keep the state of the sink: each missing window is written once and in order, then committed once, then it is over."

const misuse = (call: Effect.Effect<unknown, Parameters<typeof expect.told>[0]>, expected: string) =>
  expect.fails(call, { expected, reasons: ["Misuse"], advice })

export const orderOfCalls: Law = {
  name: "lifecycle/order-of-calls",
  says: "Calls out of order are refused as Misuse, and change nothing.",
  when: always,
  run: Effect.fnUntraced(function* (bench) {
    const world = yield* bench.fresh
    const wanted = standard(bench)

    yield* Effect.gen(function* () {
      const sink = yield* opened(world, wanted)
      yield* misuse(commitAll(sink, 0), "`commit` before `write` is refused")
    }).pipe(Effect.scoped)

    yield* Effect.gen(function* () {
      const sink = yield* opened(world, wanted)
      const other = partOf(bench, sink, wanted, hours(5, 6))
      yield* misuse(sink.write(other), "writing a window that is not missing is refused")
    }).pipe(Effect.scoped)

    const scope = yield* Scope.make()
    const sink: Destination.Sink = yield* Scope.provide(opened(world, wanted), scope)
    const rows = yield* writeAll(bench, sink, wanted)
    yield* expect.succeeds(commitAll(sink, rows), "`commit` succeeds", advice)
    yield* misuse(commitAll(sink, rows), "a second `commit` is refused")
    yield* misuse(sink.write(partOf(bench, sink, wanted)), "`write` after `commit` is refused")
    yield* Scope.close(scope, Exit.void)
    yield* misuse(sink.write(partOf(bench, sink, wanted)), "`write` after the scope has closed is refused")
    yield* complete(bench, world, wanted, [wanted.window], "calls out of order")

    const closed = yield* Scope.make()
    const late = { ...wanted, window: hours(1, 2) }
    const abandoned: Destination.Sink = yield* Scope.provide(opened(world, late), closed)
    yield* Scope.close(closed, Exit.void)
    yield* misuse(abandoned.write(partOf(bench, abandoned, late)), "`write` after the scope has closed is refused")
    yield* complete(bench, world, wanted, [wanted.window], "calls out of order")
  }),
}
