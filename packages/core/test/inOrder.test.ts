import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Exit, Fiber, Scope } from "effect"
import { Destination, DestinationError, FieldType, Run, type Window } from "@batch-exports/core"
import { hour, model } from "./support.ts"

const field = model.schema.fields[0]
const bytes = async function* () {}
const at = DateTime.makeUnsafe("2026-02-01T00:00:00Z")

/** A sink over two hours that stores one record for each, and what its steps were told. */
const make = Effect.fnUntraced(function* (changes: Partial<Destination.Steps> = {}) {
  const calls: Array<string> = []
  const sink = yield* Destination.inOrder({
    projection: {
      encoding: "jsonl",
      columns: [{ field, as: FieldType.int64, targetType: "", unfit: "fail" }],
      leftOut: [],
    },
    missing: [hour(1), hour(2)],
    notices: ["hello"],
    write: () =>
      Effect.sync(() => {
        calls.push("write")
        return { ...Run.emptyStored, received: 1, inserted: 1 }
      }),
    commit: Effect.sync(() => {
      calls.push("commit")
      return at
    }),
    ...changes,
  })
  const write = (window: Window.Window) => sink.write({ window, bytes: bytes() })
  return { calls, sink, write, commit: (rows: number) => sink.commit({ rows, adjusted: {} }) }
})

const reason = <A>(call: Effect.Effect<A, DestinationError>) =>
  Effect.map(Effect.flip(call), (error) => [error.reason, error.message] as const)

describe("Destination.inOrder", () => {
  it.effect("passes calls in order on, and sums up", () =>
    Effect.gen(function* () {
      const { calls, commit, sink, write } = yield* make()
      assert.deepStrictEqual(sink.notices, ["hello"])
      yield* write(hour(1))
      yield* write(hour(2))
      const receipt = yield* commit(2)
      assert.deepStrictEqual(receipt, {
        stored: { received: 2, inserted: 2, updated: 0, unchanged: 0 },
        committedAt: at,
      })
      assert.deepStrictEqual(calls, ["write", "write", "commit"])
    }),
  )

  it.effect("refuses everything else before the destination sees it", () =>
    Effect.gen(function* () {
      const { calls, commit, write } = yield* make()
      assert.deepStrictEqual(yield* reason(commit(0)), ["Misuse", "cannot commit: 0 of 2 missing windows are written"])
      assert.include((yield* reason(write(hour(2))))[1], "is next")
      yield* write(hour(1))
      assert.include((yield* reason(write(hour(1))))[1], "is next")
      assert.include((yield* reason(commit(1)))[1], "1 of 2")
      yield* write(hour(2))
      assert.include((yield* reason(write(hour(3))))[1], "every missing window is written")
      yield* commit(2)
      assert.include((yield* reason(commit(2)))[1], "it is committed")
      assert.include((yield* reason(write(hour(1))))[1], "it is committed")
      assert.deepStrictEqual(calls, ["write", "write", "commit"])
    }),
  )

  it.effect("does not commit what was counted differently, then or later", () =>
    Effect.gen(function* () {
      const { calls, commit, write } = yield* make()
      yield* write(hour(1))
      yield* write(hour(2))
      assert.strictEqual((yield* reason(commit(3)))[0], "CountMismatch")
      assert.strictEqual((yield* reason(commit(2)))[0], "Misuse")
      assert.deepStrictEqual(calls, ["write", "write"])
    }),
  )

  it.effect("is over after a failure, an interruption, and the end of the scope", () =>
    Effect.gen(function* () {
      const broken = new DestinationError({ reason: "DiskFull", message: "full", remedy: "" })
      const failing = yield* make({ write: () => Effect.fail(broken) })
      assert.strictEqual((yield* reason(failing.write(hour(1))))[0], "DiskFull")
      assert.include((yield* reason(failing.write(hour(1))))[1], "an earlier call failed")

      const hanging = yield* make({ write: () => Effect.never })
      const fiber = yield* Effect.forkChild(hanging.write(hour(1)))
      yield* Effect.yieldNow
      assert.include((yield* reason(hanging.write(hour(1))))[1], "under way")
      yield* Fiber.interrupt(fiber)
      assert.include((yield* reason(hanging.write(hour(1))))[1], "was interrupted")

      const scope = yield* Scope.make()
      const closed = yield* Scope.provide(make(), scope)
      yield* Scope.close(scope, Exit.void)
      assert.include((yield* reason(closed.write(hour(1))))[1], "closed")
    }),
  )
})
