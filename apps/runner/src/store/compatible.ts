/** Whether this program understands the tables that it finds, after a newer one may have changed them. */
import { Effect } from "effect"
import { found, known } from "./migrations.ts"
import { StateUnusable } from "./StateUnusable.ts"

const tooNew = (oldest: number): StateUnusable =>
  new StateUnusable({
    message: `the state was changed by a newer version of batch-exports: it needs schema ${oldest}, and this one knows ${known}`,
    remedy: "Upgrade this program to the version of the newest runner.",
  })

/** Answers the version of the schema. Fails where a newer runner has changed it in a way that this program does not understand. */
export const compatible = Effect.gen(function* () {
  const { oldest, version } = yield* found
  if (oldest > known) return yield* tooNew(oldest)
  return version
})
