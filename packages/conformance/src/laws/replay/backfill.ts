import { Window } from "@batch-exports/core"
import { Effect } from "effect"
import { exported, standard } from "../../drive/exported.ts"
import { complete, ledgerOf } from "../../drive/state.ts"
import { hours } from "../../drive/things.ts"
import * as expect from "../../expect.ts"
import type { Law } from "../../Law.ts"

export const backfill: Law = {
  name: "replay/backfill",
  says: "A run over committed and missing windows writes only what is missing, and the ledger holds each instant once.",
  when: ({ ledger }) => (ledger === "transactional" ? { form: "holds", covers: ["ledger transactional"] } : undefined),
  run: Effect.fnUntraced(function* (bench) {
    const advice = "`missing` is the run's window less what the ledger holds of this export, in order of start."
    const world = yield* bench.fresh
    const wanted = standard(bench, { window: hours(0, 6) })
    for (const window of [hours(1, 2), hours(4, 5)]) {
      yield* expect.succeeds(exported(bench, world, { ...wanted, window }), "an export of one hour succeeds", advice)
    }
    const read: Array<Window.Window> = []
    const rows = (window: Window.Window) => {
      read.push(window)
      return wanted.rows(window)
    }
    yield* expect.succeeds(exported(bench, world, { ...wanted, rows }), "an export of the six hours succeeds", advice)
    const seen = read.map(Window.format).join(", ")
    const expected = [hours(0, 1), hours(2, 4), hours(5, 6)].map(Window.format).join(", ")
    yield* expect.that(seen === expected, { expected: `the source is asked for ${expected}`, seen, advice })
    yield* complete(bench, world, wanted, [wanted.window], "a backfill")
    // Another export into the same target has a ledger of its own.
    const other = { ...wanted, export: "another export", window: hours(8, 9) }
    yield* expect.succeeds(exported(bench, world, other), "another export into the same target succeeds", advice)
    const ledger = yield* ledgerOf(world, wanted.export)
    const windows = ledger.map(({ window }) => window)
    yield* expect.that(Window.subtract(wanted.window, windows).length === 0 && isOrdered(windows), {
      expected: "the ledger covers the six hours, in order, without overlap, and nothing else",
      seen: windows.map(Window.format).join(", "),
      advice: "One ledger row for each window, by export; `ledger` answers in order of start.",
    })
  }),
}

const isOrdered = (windows: ReadonlyArray<Window.Window>): boolean =>
  windows.length === 5 &&
  windows.every((window, index) => {
    const before = windows[index - 1]
    return before === undefined || before.end.epochMilliseconds <= window.start.epochMilliseconds
  })
