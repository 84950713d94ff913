/** One law against one destination, without a test framework: the suite and the saboteurs both come through here. */
import type { Destination } from "@batch-exports/core"
import { Effect } from "effect"
import * as Bench from "./Bench.ts"
import { LawBroken } from "./Broken.ts"
import type * as Harness from "./Harness.ts"
import type { Form, Law } from "./Law.ts"
import type { NotApplicable } from "./NotApplicable.ts"

export const runLaw = (
  law: Law,
  options: {
    readonly plugin: Destination.Plugin
    readonly harness: Harness.Shape
    readonly form: Form["form"]
    readonly seed: string
    /** How to run this law alone, for the message. */
    readonly alone: string
  },
): Effect.Effect<void | NotApplicable, LawBroken> =>
  Effect.suspend(() => law.run(Bench.make(options))).pipe(
    Effect.mapError((broken) => new LawBroken({ law: law.name, says: law.says, broken, alone: options.alone })),
    Effect.scoped,
  )
