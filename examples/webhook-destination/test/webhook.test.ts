/** What is this destination's own: keys by which a receiver may drop what it has, and answers that decide what happens next. */
import { type Model, RecordSchema, Run, Window, FieldType } from "@batch-exports/core"
import { DateTime, Effect, Result } from "effect"
import { assert, describe, it } from "@effect/vitest"
import plugin from "../src/index.ts"
import { receiver, token } from "./harness.ts"

const model: Model.Model = {
  name: "things",
  description: "Things",
  schema: RecordSchema.make({ name: "id", type: FieldType.int32, nullable: false, description: "", created: true }),
  identity: { _tag: "Append" },
}

const window = new Window.Window({
  start: DateTime.makeUnsafe("2026-01-31T13:00:00Z"),
  end: DateTime.makeUnsafe("2026-01-31T14:00:00Z"),
})

const lines = async function* () {
  for (let id = 0; id < 25; id++) yield Buffer.from(`{"id":${id}}\n`)
}

const posted = (port: number) =>
  Effect.gen(function* () {
    const config = { url: `http://127.0.0.1:${port}/?secret=1`, token, maxRows: 10 }
    const run: Run.Run = {
      id: "run",
      export: "événements",
      model,
      definition: "d",
      window,
      mode: "once",
      defensive: false,
      offers: ["jsonl"],
    }
    const sink = yield* Result.getOrThrow(plugin.configure(config)).open(run)
    const { received } = yield* sink.write({ window, bytes: lines() })
    yield* sink.commit({ rows: received, adjusted: {} })
  }).pipe(Effect.scoped)

describe("a webhook", () => {
  it.live("gets batches of whole lines, with keys that a repeated run repeats", () =>
    Effect.gen(function* () {
      const { port, received } = yield* receiver()
      yield* posted(port)
      yield* posted(port)
      assert.deepStrictEqual(
        received.map(({ bytes }) => bytes.toString().split("\n").length - 1),
        [10, 10, 5, 10, 10, 5],
      )
      const keys = received.map(({ key }) => key)
      assert.deepStrictEqual(keys.slice(0, 3), keys.slice(3))
      assert.strictEqual(new Set(keys).size, 3)
    }),
  )

  it.live.each([
    [500, "TooBusy", "retry"],
    [429, "TooBusy", "retry"],
    [422, "DataRejected", "stop"],
    [404, "TargetIncompatible", "stop"],
  ] as const)("that answers %d: %s, %s", ([status, reason, recovery]) =>
    Effect.gen(function* () {
      const { port } = yield* receiver(status)
      const error = yield* Effect.flip(posted(port))
      assert.deepInclude(error, { reason, recovery })
      assert.notInclude(JSON.stringify(error), token)
    }),
  )
})
