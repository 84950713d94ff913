import { Window } from "@batch-exports/core"
import { DateTime, Effect } from "effect"
import { exported, standard } from "../../drive/exported.ts"
import { ledgerOf } from "../../drive/state.ts"
import { sizeOf } from "../../drive/steps.ts"
import { hours, rowsFrom } from "../../drive/things.ts"
import * as expect from "../../expect.ts"
import { always, type Law } from "../../Law.ts"

const advice =
  "Report what the target confirmed: `received` is what it took in, and the ledger says the same of each window."

export const countsAreTrue: Law = {
  name: "telemetry/counts-are-true",
  says: "Rows, bytes and times that a run reports, and that the ledger keeps, are those that the suite counted.",
  when: always,
  run: Effect.fnUntraced(function* (bench) {
    const world = yield* bench.fresh
    for (const [hour, perRun] of [7, 0, 23].entries()) {
      const wanted = standard(bench, { window: hours(hour, hour + 1), id: `run ${hour}` })
      const some = rowsFrom(wanted.model, hour * 100, perRun)
      const bytes = yield* sizeOf(bench, world, { ...wanted, rows: () => some })
      const before = DateTime.nowUnsafe().epochMilliseconds
      const outcome = yield* expect.succeeds(
        exported(bench, world, { ...wanted, rows: () => some }),
        `an export of ${perRun} rows succeeds`,
        advice,
      )
      if (outcome._tag !== "Exported") continue
      const { inserted, received, unchanged, updated } = outcome.stored
      yield* expect.that(received === perRun && inserted === perRun && updated === 0 && unchanged === 0, {
        expected: `${perRun} received, ${perRun} inserted, 0 updated, 0 unchanged`,
        seen: `${received} received, ${inserted} inserted, ${updated} updated, ${unchanged} unchanged`,
        advice,
      })
      // Another machine's clock may differ, though not by a day.
      const apart = Math.abs(outcome.committedAt.epochMilliseconds - before)
      yield* expect.that(apart < 86_400_000, {
        expected: "`committedAt` is the moment of the commit",
        seen: DateTime.formatIso(outcome.committedAt),
        advice,
      })
      if (bench.plugin.capabilities.ledger === "none") continue
      const entry = (yield* ledgerOf(world, wanted.export)).find(({ window }) => Window.equals(window, wanted.window))
      yield* expect.that(entry?.rows === perRun && entry.bytes === bytes && entry.run === wanted.id, {
        expected: `the ledger says ${perRun} rows, ${bytes} bytes, run "${wanted.id}"`,
        seen: `${entry?.rows} rows, ${entry?.bytes} bytes, run "${entry?.run}"`,
        advice,
      })
      yield* expect.that(entry?.definition === wanted.definition && entry.export === wanted.export, {
        expected: `the ledger says definition "${wanted.definition}" of export "${wanted.export}"`,
        seen: `definition "${entry?.definition}" of export "${entry?.export}"`,
        advice,
      })
    }
    if (bench.plugin.capabilities.ledger === "none") {
      const ledger = yield* ledgerOf(world, "an export")
      yield* expect.that(ledger.length === 0, {
        expected: "an empty ledger",
        seen: `${ledger.length} windows`,
        advice: 'A destination with `ledger: "none"` answers `ledger` with nothing.',
      })
    }
  }),
}
