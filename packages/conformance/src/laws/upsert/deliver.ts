/** Sends runs of records one after the other, and looks at what they come to. */
import type { ExportWindow, Model } from "@batch-exports/core"
import { Effect, type Scope } from "effect"
import type { Bench, World } from "../../Bench.ts"
import { Broken } from "../../Broken.ts"
import { exported, standard } from "../../drive/exported.ts"
import { hours } from "../../drive/things.ts"
import type { Row } from "../../encoders/index.ts"
import * as expect from "../../expect.ts"
import { accounts } from "./accounts.ts"

export interface Scenario {
  /** Completes "after …". */
  readonly after: string
  /** One list of records for each run, in order of arrival. */
  readonly runs: ReadonlyArray<ReadonlyArray<Row>>
  readonly rows: ReadonlyArray<Row>
}

/** One run, of a window of its own. */
export const deliver = (
  bench: Bench,
  world: World,
  hour: number,
  rows: ReadonlyArray<Row>,
  options: { readonly model?: Model.Model; readonly export?: string } = {},
): Effect.Effect<Extract<ExportWindow.Outcome, { _tag: "Exported" }>, Broken> =>
  expect
    .succeeds(
      exported(
        bench,
        world,
        standard(bench, { model: accounts, window: hours(hour, hour + 1), rows: () => rows, ...options }),
      ),
      "an export with an Upsert model succeeds",
      "Take records with a key into a target that has none of them, some of them, or all.",
    )
    .pipe(
      Effect.flatMap((outcome) =>
        outcome._tag === "Exported"
          ? Effect.succeed(outcome)
          : Effect.fail(
              new Broken({
                expected: "a window that was never exported is exported",
                seen: "the destination says that it is exported already",
                advice: "Report as missing whatever the ledger does not have.",
              }),
            ),
      ),
    )

/** Each scenario on a target of its own. */
export const settles = (
  bench: Bench,
  scenarios: ReadonlyArray<Scenario>,
  options: { readonly advice: string; readonly model?: Model.Model },
): Effect.Effect<void, Broken, Scope.Scope> => {
  const { advice, model = accounts } = options
  return Effect.forEach(
    scenarios,
    Effect.fnUntraced(function* ({ after, rows, runs }) {
      const world = yield* bench.fresh
      for (const [hour, run] of runs.entries()) yield* deliver(bench, world, hour, run, { model })
      const seen = yield* world.rows(model.schema.fields)
      yield* expect
        .rows(model.schema.fields, rows, seen, advice)
        .pipe(
          Effect.mapError(
            (broken) => new Broken({ advice, seen: broken.seen, expected: `after ${after}: ${broken.expected}` }),
          ),
        )
    }, Effect.scoped),
    { discard: true },
  )
}
