/** What is there after a run, or after one that did not happen: rows, ledger, and what was set aside. */
import { type Destination, Window } from "@batch-exports/core"
import { Effect, Stream } from "effect"
import type { Bench, World } from "../Bench.ts"
import type { Broken } from "../Broken.ts"
import type { Row } from "../encoders/index.ts"
import * as expect from "../expect.ts"
import { type Export, runOf } from "./exported.ts"

export const ledgerOf = (
  world: World,
  exportName: string,
): Effect.Effect<ReadonlyArray<Destination.LedgerRow>, Broken> =>
  expect.succeeds(
    Stream.runCollect(world.destination.ledger(exportName)),
    "the ledger can be read",
    "`ledger` answers with the committed windows of one export, and with none when nothing was exported yet.",
  )

export const missingOf = (world: World, wanted: Export): Effect.Effect<ReadonlyArray<Window.Window>, Broken> =>
  Effect.map(
    expect.succeeds(
      world.destination.plan(runOf(wanted)),
      "`plan` succeeds",
      "`plan` says what `open` would do and touches nothing; it must work whenever `open` does.",
    ),
    ({ missing }) => missing,
  )

/** Nothing was published. `when` completes "expected … after": `an interrupted write`. */
export const unpublished = Effect.fnUntraced(function* (
  world: World,
  wanted: Export,
  when: string,
): Effect.fn.Return<void, Broken> {
  const advice =
    "Publish in `commit` and nowhere else: what was set aside before it is never seen, whatever becomes of the run."
  const { fields } = wanted.model.schema
  yield* expect.eventually(
    world.rows(fields),
    (rows) => rows.length === 0,
    (rows) => ({ expected: `no rows after ${when}`, seen: expect.count(rows.length), advice }),
  )
  const ledger = yield* ledgerOf(world, wanted.export)
  yield* expect.that(ledger.length === 0, {
    expected: `no window in the ledger after ${when}`,
    seen: ledger.map(({ window }) => Window.format(window)).join(", "),
    advice,
  })
  const missing = yield* missingOf(world, wanted)
  yield* expect.that(missing.length === 1 && missing.every((window) => Window.equals(window, wanted.window)), {
    expected: `the whole window is still missing after ${when}`,
    seen: missing.length === 0 ? "nothing is missing" : missing.map(Window.format).join(", "),
    advice,
  })
})

/** Nothing was published and nothing is left. */
export const nothing = (world: World, wanted: Export, when: string): Effect.Effect<void, Broken> =>
  Effect.andThen(unpublished(world, wanted, when), tidy(world, when))

/** What the dead leave. */
export const sweep =
  "Nobody cleans up after `kill -9`: the next run removes what a dead one set aside (found by its name, or by a lock that dies with its holder), and nothing of one that lives."

export const tidy = (
  world: World,
  when: string,
  advice = "Acquire what you set aside with `Effect.acquireRelease`, so that closing the scope removes it.",
): Effect.Effect<void, Broken> =>
  Effect.asVoid(
    expect.eventually(
      world.target.leftovers,
      (left) => left.length === 0,
      (left) => ({
        expected: `nothing is left behind after ${when}`,
        seen: left.join(", "),
        advice,
      }),
    ),
  )

/**
 * The target holds what the source had for `windows`: each row once where rows and ledger commit together, at least once
 * where there is no ledger.
 */
export const complete = Effect.fnUntraced(function* (
  bench: Bench,
  world: World,
  wanted: Export,
  windows: ReadonlyArray<Window.Window>,
  when: string,
): Effect.fn.Return<void, Broken> {
  const { fields } = wanted.model.schema
  const expected = windows.flatMap((window) => wanted.rows(window))
  const seen = yield* world.rows(fields)
  if (bench.plugin.capabilities.ledger === "transactional") {
    return yield* expect.rows(
      fields,
      expected,
      seen,
      `After ${when}, each row is there once. Commit rows and the ledger's record of them together, and read the ledger first.`,
    )
  }
  yield* expect.rows(
    fields,
    expected,
    distinct(seen),
    `After ${when}, each row is there at least once. Report success only for what the target has confirmed.`,
  )
})

const distinct = (rows: ReadonlyArray<Row>): ReadonlyArray<Row> => [
  ...new Map(rows.map((row) => [String(row["id"]), row])).values(),
]
