import { Effect, Stream } from "effect"
import { createServer } from "node:net"
import { runOf, standard } from "../../drive/exported.ts"
import * as expect from "../../expect.ts"
import type { Address, Misconfigured, Target } from "../../Harness.ts"
import { always, type Law } from "../../Law.ts"

export const findsWhatIsWrong: Law = {
  name: "check/finds-what-is-wrong",
  says: "Each thing that is wrong fails at its own step of the check, which is the last one and has a remedy; `plan` and `open` fail with its reason.",
  when: always,
  run: Effect.fnUntraced(function* (bench) {
    const world = yield* bench.fresh
    const wanted = standard(bench)
    const cases = [...world.target.misconfigured, ...(yield* unreachable(world.target))]
    yield* expect.that(cases.length > 0, {
      expected: "the harness knows at least one configuration that is wrong",
      seen: "none",
      advice: "Give `Target.misconfigured`: a wrong password, a folder that cannot be written …",
    })
    for (const { config, reason, step, when } of cases) {
      const destination = yield* bench.configure(config)
      const steps = yield* Stream.runCollect(destination.check(wanted.model))
      const last = steps.at(-1)
      const early = steps.slice(0, -1).find(({ status }) => status === "failed")
      yield* expect.that(last?.status === "failed" && early === undefined && (step === undefined || last.id === step), {
        expected: `when ${when}, the check ends with the failed step${step === undefined ? "" : ` "${step}"`}`,
        seen: steps.map(({ id, status }) => `${id} ${status}`).join(", "),
        advice: "Stop at the first step that fails, and let each step try one thing.",
      })
      yield* expect.that((last?.remedy ?? "") !== "" && (last?.detail ?? "") !== "", {
        expected: `when ${when}, the failed step says what is wrong and what to do`,
        seen: `detail: ${last?.detail}, remedy: ${last?.remedy}`,
        advice: "Give every failed step its `detail` and its `remedy`.",
      })
      for (const [call, effect] of [
        ["plan", Effect.asVoid(destination.plan(runOf(wanted)))],
        ["open", Effect.scoped(Effect.asVoid(destination.open(runOf(wanted))))],
      ] as const) {
        const error = yield* expect.fails(effect, {
          expected: `when ${when}, \`${call}\` fails`,
          ...(reason === undefined ? {} : { reasons: [reason] }),
          advice: "Classify the failure by the table of reasons (`Reason.reasons`).",
        })
        yield* expect.that(error.message !== "" && error.remedy !== "", {
          expected: `when ${when}, \`${call}\` says what went wrong and what to do`,
          seen: `message: ${error.message}, remedy: ${error.remedy}`,
          advice: "Every `DestinationError` has a message and a remedy for people.",
        })
      }
    }
  }),
}

type Case = Pick<Misconfigured, "when" | "config"> & {
  readonly step?: string
  readonly reason?: Misconfigured["reason"]
}

const unreachable = ({ network }: Target): Effect.Effect<ReadonlyArray<Case>> =>
  network === undefined
    ? Effect.succeed([])
    : Effect.map(closedPort, (address) => [
        {
          when: "nothing listens at the address",
          config: network.through(address),
          reason: "ConnectionFailed" as const,
        },
      ])

/** A port that was free a moment ago. */
const closedPort: Effect.Effect<Address> = Effect.callback((resume) => {
  const server = createServer()
  server.listen(0, "127.0.0.1", () => {
    const address = server.address()
    const port = typeof address === "object" && address !== null ? address.port : 1
    server.close(() => resume(Effect.succeed({ host: "127.0.0.1", port })))
  })
})
