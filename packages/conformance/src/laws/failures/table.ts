import { Reason } from "@batch-exports/core"
import { Effect } from "effect"
import * as expect from "../../expect.ts"
import { always, type Law } from "../../Law.ts"

const unheardOf = Object.assign(new Error("an error that nobody has seen before"), { code: "EUNHEARDOF" })

export const table: Law = {
  name: "failures/table",
  says: "Each error that the driver can meet has its reason, from the public table; what is not known is `Unknown`, and stops.",
  when: always,
  run: Effect.fnUntraced(function* (bench) {
    const { failures } = bench.harness
    yield* expect.that(failures.examples.length > 0, {
      expected: "the harness shows how errors are classified",
      seen: "no example in `Harness.failures`",
      advice:
        "Give `failures: { classify, examples }`: the destination's function from an error to a DestinationError, and the errors that its driver knows.",
    })
    for (const { error, reason } of failures.examples) {
      const seen = failures.classify(error)
      yield* expect.that(seen.reason === reason && seen.message !== "" && seen.remedy !== "", {
        expected: `${String(error)} is ${reason} (${Reason.recovery(reason)}), with a message and a remedy`,
        seen: expect.told(seen),
        advice: "Mend the classification, or the example in the harness.",
      })
    }
    for (const error of [unheardOf, new Error("without a code"), "not even an error", undefined]) {
      const seen = failures.classify(error)
      yield* expect.that(seen.reason === "Unknown" && seen.recovery === "stop", {
        expected: `${String(error)} is Unknown, and stops`,
        seen: expect.told(seen),
        advice: "An error that no rule knows may mean anything: do not retry it.",
      })
    }
  }),
}
