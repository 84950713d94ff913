/** The whole attempt as core drives it, with a source that renders what the projection asks for. */
import { ExportWindow, type Source } from "@batch-exports/core"
import { assert, layer } from "@effect/vitest"
import { DateTime, Effect } from "effect"
import { copyText } from "../src/index.ts"
import { freshSchema, Postgres } from "./support/database.ts"
import { pairRows, pairs } from "./support/model.ts"
import { bytesOf, count, destination, hours, lines } from "./support/run.ts"

/** `render` sees whether the defensive form is asked for. */
const source = (render: (defensive: boolean) => string): Source.Opened => ({
  encodings: [copyText],
  model: pairs,
  definition: "definition 1",
  now: Effect.succeed(DateTime.makeUnsafe("2026-02-01T00:00:00Z")),
  read: ({ run }) =>
    Effect.succeed({
      bytes: bytesOf(render(run.defensive)),
      failure: () => undefined,
      tally: Effect.succeed({ rows: lines(render(run.defensive)), adjusted: {} }),
    }),
})

const request = (opened: Source.Opened, to: ExportWindow.Request["destination"]): ExportWindow.Request => ({
  source: opened,
  destination: to,
  run: { id: "run 1", export: "an export", window: hours(0, 1), mode: "once" },
})

layer(Postgres.layer, { excludeTestServices: true })("exportWindow", (it) => {
  it.effect("exports, and then has nothing to do", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const asked = request(
        source(() => pairRows(100)),
        yield* destination(schema),
      )
      const outcome = yield* ExportWindow.exportWindow(asked)
      assert.strictEqual(outcome._tag, "Exported")
      assert.strictEqual((yield* ExportWindow.exportWindow(asked))._tag, "AlreadyExported")
      assert.strictEqual(yield* count(schema), 100)
    }),
  )

  it.effect("a refused value is tried once more in its safest form", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const careful = source((defensive) => (defensive ? "1\ta\n" : "one\ta\n"))
      const outcome = yield* ExportWindow.exportWindow(request(careful, yield* destination(schema)))
      assert.strictEqual(outcome._tag, "Exported")
      assert.strictEqual(yield* count(schema), 1)
    }),
  )

  it.effect("a model without a key cannot be filled: refused before anything is touched", () =>
    Effect.gen(function* () {
      const schema = yield* freshSchema
      const { sql } = yield* Postgres
      const asked = request(
        source(() => ""),
        yield* destination(schema),
      )
      const refused = ExportWindow.exportWindow({ ...asked, run: { ...asked.run, mode: "fill" } })
      assert.strictEqual((yield* Effect.flip(refused)).reason, "Unsupported")
      assert.deepStrictEqual(
        yield* sql(`SELECT relname FROM pg_class WHERE relnamespace = $1::regnamespace`, [schema]),
        [],
      )
    }),
  )
})
