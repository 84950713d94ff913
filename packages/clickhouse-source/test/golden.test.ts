/** ClickHouse still writes the golden vectors, by which the conformance suite measures its encoders. */
import { Vectors } from "@batch-exports/conformance/golden"
import { ClickHouseServer } from "@batch-exports/dev-services"
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { capture, codecs } from "./golden/capture.ts"

layer(ClickHouseServer.layer)("golden vectors", (it) => {
  it.effect("are what the source writes", () =>
    Effect.gen(function* () {
      assert.isNotEmpty(codecs)
      for (const [codec, vectors] of yield* capture(yield* ClickHouseServer)) {
        assert.deepStrictEqual(vectors, Vectors.read(codec), `${codec.name}: look at npm run golden, git diff`)
      }
    }),
  )
})
