/** The one line that a destination's tests need: every law that its capabilities call for, as tests of vitest. */
import type { Destination } from "@batch-exports/core"
import { Effect, type Layer, ManagedRuntime } from "effect"
import { randomInt } from "node:crypto"
import { afterAll, describe, expect, it } from "vitest"
import { claims } from "./claims.ts"
import { coverage } from "./coverage.ts"
import { Harness } from "./Harness.ts"
import type { Law } from "./Law.ts"
import { laws } from "./laws/index.ts"
import { NotApplicable } from "./NotApplicable.ts"
import { runLaw } from "./runLaw.ts"

export interface Options {
  /** Names this use of the suite when there are several: `postgres 14`, `behind PgBouncer`. */
  readonly variant?: string
}

export const suite = <E>(plugin: Destination.Plugin, harness: Layer.Layer<Harness, E>, options: Options = {}): void => {
  const title = plugin.title + (options.variant === undefined ? "" : ` (${options.variant})`)
  const seed = process.env["SEED"] ?? String(randomInt(1_000_000_000))
  const applied = laws.flatMap((law) => {
    const form = (law.slow ?? false) === (process.env["SLOW"] === "1") ? law.when(plugin.capabilities) : undefined
    return form === undefined ? [] : [{ law, form }]
  })

  describe(`${title} keeps the laws`, () => {
    const runtime = ManagedRuntime.make(harness)
    const passed = new Map<Law, "kept" | NotApplicable>()

    for (const { form, law } of applied) {
      // oxlint-disable-next-line vitest/expect-expect -- the law asserts
      it(
        `${law.name}${form.form === "holds" ? "" : ` (${form.form})`}`,
        { timeout: law.slow ? 600_000 : 180_000 },
        async () => {
          const alone = `SEED=${seed}${law.slow ? " SLOW=1" : ""} npx vitest run -t "${law.name}"`
          const outcome = await runtime.runPromise(
            Effect.flatMap(Harness, (shape) => runLaw(law, { plugin, harness: shape, form: form.form, seed, alone })),
          )
          passed.set(law, outcome ?? "kept")
        },
      )
    }

    // A name pattern runs some laws alone; then the others' silence says nothing.
    it("every declared capability is tested", ({ skip }) => {
      if (process.env["SLOW"] === "1" || passed.size < applied.length) return skip("not every law ran and passed")
      const untested = claims(plugin.capabilities).filter(
        (claim) => !applied.some(({ form, law }) => passed.get(law) === "kept" && form.covers.includes(claim)),
      )
      expect(untested, "declared, and no law tests it: an encoding needs an encoder in the harness").toEqual([])
    })

    afterAll(async () => {
      console.log(
        coverage(title, seed, process.env["SLOW"] === "1" ? [] : claims(plugin.capabilities), applied, passed),
      )
      await runtime.dispose()
    })
  })
}
