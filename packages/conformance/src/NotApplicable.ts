/**
 * What a law of broken networks answers where the harness has no `network`. That is no way out: the laws that stand in
 * run for every destination, and one that dials after all while the harness names no network breaks the law.
 */
import { Data, Effect } from "effect"
import { createHook } from "node:async_hooks"
import type { Bench, World } from "./Bench.ts"
import type { Broken } from "./Broken.ts"
import { exported, standard } from "./drive/exported.ts"
import * as expect from "./expect.ts"

export class NotApplicable extends Data.TaggedClass("NotApplicable")<{
  /** Completes "not applicable: …". */
  readonly because: string
}> {}

/** `standIns` completes "… stand in": the laws that say the same without a network. */
export const withoutNetwork = Effect.fnUntraced(function* (
  bench: Bench,
  world: World,
  standIns: string,
): Effect.fn.Return<NotApplicable, Broken> {
  const dialled = yield* dials(Effect.exit(exported(bench, world, standard(bench))))
  yield* expect.that(dialled === 0, {
    expected: "a harness without `network` tests a destination that is reached without one",
    seen: `${dialled} TCP connections of its own in one export`,
    advice: "Give `Target.network`: the server's address, and the configuration that reaches it at another one.",
  })
  return new NotApplicable({ because: `reached without a network; ${standIns}` })
})

/** How many connections this process begins meanwhile, whatever library begins them. */
const dials = (work: Effect.Effect<unknown>): Effect.Effect<number> =>
  Effect.suspend(() => {
    let begun = 0
    const hook = createHook({
      init: (_id, type) => {
        if (type === "TCPCONNECTWRAP") begun += 1
      },
    }).enable()
    return work.pipe(
      Effect.ensuring(Effect.sync(() => hook.disable())),
      Effect.map(() => begun),
    )
  })
