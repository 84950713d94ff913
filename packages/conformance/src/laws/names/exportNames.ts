import { Effect, Result, Stream } from "effect"
import { exported, standard } from "../../drive/exported.ts"
import { rowsFrom, things } from "../../drive/things.ts"
import * as expect from "../../expect.ts"
import { hostileNames } from "../../generate/names.ts"
import type { Law } from "../../Law.ts"

const long = "a long name of an export, as long as a path may be ".repeat(6)

/** Also names that are the same to a file system, or to who cuts them. */
const names = [
  ...hostileNames.filter((_, index) => index % 6 === 0),
  "../up",
  "a/b",
  "a_b",
  "A/B",
  ".",
  "con",
  `${long}1`,
  `${long}2`,
]

const advice =
  "Take the export's name as it is for the ledger's key; where it becomes part of a path, encode it so that no two names become one."

export const exportNames: Law = {
  name: "names/exports",
  says: "An export may have any name, and each has a ledger of its own.",
  when: ({ ledger }) => (ledger === "transactional" ? { form: "holds", covers: ["ledger transactional"] } : undefined),
  run: (bench) =>
    Effect.gen(function* () {
      const world = yield* bench.fresh
      const model = things(bench.plugin.capabilities)
      const { fields } = model.schema
      const taken: Array<string> = []
      for (const [index, name] of names.entries()) {
        const rows = () => rowsFrom(model, index * 10, 2)
        const outcome = yield* Effect.result(exported(bench, world, standard(bench, { model, export: name, rows })))
        if (Result.isFailure(outcome)) {
          yield* expect.that(outcome.failure.recovery === "stop", {
            expected: `an export named ${JSON.stringify(name)} works, or is refused for good`,
            seen: expect.told(outcome.failure),
            advice,
          })
          continue
        }
        yield* expect.that(outcome.success._tag === "Exported", {
          expected: `the window was never exported by ${JSON.stringify(name)}`,
          seen: "it counts as exported, by an export of another name",
          advice,
        })
        taken.push(name)
      }
      yield* expect.that(taken.includes(names[0]!), {
        expected: `an export named ${JSON.stringify(names[0])} works`,
        seen: "it is refused",
        advice,
      })
      const expected = names.flatMap((name, index) => (taken.includes(name) ? rowsFrom(model, index * 10, 2) : []))
      yield* expect.rows(fields, expected, yield* world.rows(fields), advice)
      for (const name of taken) {
        const ledger = yield* expect.succeeds(
          Stream.runCollect(world.destination.ledger(name)),
          `the ledger of ${JSON.stringify(name)} can be read`,
          advice,
        )
        const seen = ledger.map((row) => row.export)
        yield* expect.that(JSON.stringify(seen) === JSON.stringify([name]), {
          expected: `one row, of ${JSON.stringify(name)}`,
          seen: JSON.stringify(seen),
          advice,
        })
      }
    }),
}
