import { FieldType } from "@batch-exports/core"
import { Effect, Result, type Scope } from "effect"
import type { Bench } from "../../Bench.ts"
import type { Broken } from "../../Broken.ts"
import { exported, standard } from "../../drive/exported.ts"
import * as expect from "../../expect.ts"
import { fullNames, hostileNames, tooLongPairs } from "../../generate/names.ts"
import type * as Harness from "../../Harness.ts"
import type { Law } from "../../Law.ts"
import { fieldOf, forTables, modelOf, tableOf, textRows } from "../tabular.ts"

const advice = "Quote every name, and keep it as it is; refuse one that is too long when the configuration is decoded."

export const tables: Law = {
  name: "names/tables",
  says: "Tables and schemas may have any name, and each gets its own records: a name that is too long is refused, and never stands for another.",
  when: forTables,
  run: (bench) =>
    Effect.gen(function* () {
      const table = yield* tableOf(yield* bench.fresh)
      // The other half is tried as names of fields.
      const half = hostileNames.filter((_, index) => index % 2 === 0)
      const names = [...new Set([...half, "UPPER", "upper", ...fullNames(table.nameBytes)])]
      // First all of them are written, and then all are read: what one has done to another shows.
      const targets: Array<readonly [string, Harness.Target]> = []
      for (const name of names) targets.push([name, yield* table.named({ table: name })])
      for (const name of names.filter((_, index) => index % 6 === 0)) {
        // Schemas belong to nobody's test, so they get a name that no other test has.
        targets.push([name, yield* table.named({ schema: `${bench.seed} ${name}`.slice(0, 40) })])
      }
      for (const [index, [name, target]] of targets.entries()) {
        yield* expect.that(yield* fill(bench, target, name, index), {
          expected: `a table named ${JSON.stringify(name)} is exported to`,
          seen: "it was refused",
          advice,
        })
      }
      for (const pair of tooLongPairs(table.nameBytes)) {
        for (const name of pair) {
          const target = yield* table.named({ table: name })
          if (yield* fill(bench, target, name, targets.length)) targets.push([name, target])
        }
      }
      for (const [name, target] of targets) yield* holdsItsOwn(bench, target, name)
    }),
}

const modelFor = (bench: Bench) => modelOf(bench, fieldOf("label", FieldType.text()))

/** False where the name is refused, for good. */
const fill = (
  bench: Bench,
  target: Harness.Target,
  name: string,
  index: number,
): Effect.Effect<boolean, Broken, Scope.Scope> =>
  Effect.gen(function* () {
    const destination = bench.plugin.configure(target.config)
    if (Result.isFailure(destination)) return false
    const model = modelFor(bench)
    const outcome = yield* Effect.result(
      exported(
        bench,
        { destination: destination.success },
        standard(bench, { model, export: `into ${index} ${name}`, rows: () => textRows(model, name) }),
      ),
    )
    if (Result.isSuccess(outcome)) return true
    yield* expect.that(outcome.failure.recovery === "stop", {
      expected: "a name that cannot be used is refused for good",
      seen: expect.told(outcome.failure),
      advice,
    })
    return false
  })

const holdsItsOwn = (bench: Bench, target: Harness.Target, name: string) =>
  Effect.gen(function* () {
    const model = modelFor(bench)
    const { fields } = model.schema
    const about = `The name ${JSON.stringify(name)}: ${advice}`
    yield* expect.rows(fields, textRows(model, name), yield* target.rows(fields), about)
  })
