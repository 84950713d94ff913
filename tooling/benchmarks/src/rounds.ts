/** All contestants against each other on one scenario: a warm-up, then rounds in rotated order. */
import { Console, Effect } from "effect"
import { attempt, BenchmarkError } from "./BenchmarkError.ts"
import { makeBundle } from "./bundle.ts"
import type { Contestant, Name } from "./contestants/index.ts"
import { textQuery } from "./contestants/plain.ts"
import { makeEvents, window } from "./data.ts"
import type { Machine } from "./machine.ts"
import { type Load, measure, type Measurement } from "./measure.ts"
import { describe, type Scenario } from "./scenarios.ts"
import type { Servers } from "./servers.ts"
import { rotate } from "./statistics.ts"
import type { User } from "./target.ts"

export type Round = ReadonlyMap<Name, Measurement>

export interface Result {
  readonly scenario: Scenario
  /** Of the window as COPY text: one yardstick for all, whatever they send. */
  readonly copyBytes: number
  readonly contestants: ReadonlyArray<Contestant>
  readonly rounds: ReadonlyArray<Round>
  /** Contestants that did not get past the warm-up, and the void rounds where repeating them did not help: each with its reason. */
  readonly failures: ReadonlyArray<string>
  readonly origin: Origin
}

/** When and on what the figures were measured. */
export interface Origin {
  readonly at: Date
  readonly command: string
  readonly tls: boolean
  readonly machine: Machine
}

const DATABASE = "batch_exports_benchmark"

export const compete = Effect.fn("compete")(function* (options: {
  readonly servers: Servers
  readonly user: User
  readonly scenario: Scenario
  readonly contestants: ReadonlyArray<Contestant>
  readonly rounds: number
  readonly origin: Origin
  /** Of which it is known that they load the same, from other events of this kind: they need not prove it again. */
  readonly proven: ReadonlySet<Name>
}) {
  const { origin, scenario, servers, user } = options
  yield* makeBundle
  yield* Console.error(`\n${describe(scenario)}: making the events`)
  yield* Effect.acquireRelease(
    attempt("make the events", (signal) => makeEvents(servers.client, DATABASE, scenario, signal)),
    () => Effect.promise(() => servers.client.command({ query: `DROP DATABASE IF EXISTS ${DATABASE} SYNC` })),
  )
  const copyBytes = yield* countBytes(servers)
  const load: Load = { servers, user, database: DATABASE, rows: scenario.rows }
  const warm = yield* warmUp(load, options.contestants, options.proven)
  const failures = [...warm.failures]

  const rounds: Array<Round> = []
  const voided: Array<string> = []
  while (rounds.length < options.rounds && voided.length < options.rounds) {
    const round = new Map<Name, Measurement>()
    const label = `round ${rounds.length + 1} of ${options.rounds}`
    const spoiled = yield* Effect.forEach(
      rotate(
        warm.fit.filter(({ mostRounds = options.rounds }) => rounds.length < mostRounds),
        rounds.length,
      ),
      Effect.fnUntraced(function* (contestant) {
        const { measurement } = yield* measure(load, contestant, false).pipe(named(contestant))
        round.set(contestant.name, measurement)
        yield* Console.error(`  ${label}  ${line(contestant, measurement)}`)
      }),
      { discard: true },
    ).pipe(
      Effect.as(undefined),
      Effect.catchTag("BenchmarkError", (error) => Effect.succeed(error.message)),
    )
    if (spoiled === undefined) rounds.push(round)
    else {
      voided.push(`${label} did not count: ${spoiled}`)
      yield* Console.error(`  ROUND VOID, ${label}, once more: ${spoiled}`)
    }
  }
  if (rounds.length < options.rounds) failures.push(...voided)
  const result: Result = { scenario, copyBytes, contestants: warm.fit, rounds, failures, origin }
  return result
}, Effect.scoped)

/** Everyone loads once, unmeasured; and everyone must have loaded the same. One is enough to warm up where that is proven. */
const warmUp = Effect.fnUntraced(function* (
  load: Load,
  contestants: ReadonlyArray<Contestant>,
  proven: ReadonlySet<Name>,
) {
  const [first] = contestants
  if (first !== undefined && contestants.every(({ name }) => proven.has(name))) {
    // What is wrong shows again in the rounds.
    yield* measure(load, first, false).pipe(Effect.ignore)
    return { fit: contestants, failures: [] }
  }
  const fit: Array<Contestant> = []
  const failures: Array<string> = []
  let expected: { readonly by: string; readonly content: string | undefined } | undefined
  for (const contestant of contestants) {
    const outcome = yield* measure(load, contestant, true).pipe(named(contestant), Effect.result)
    let problem: string | undefined
    if (outcome._tag === "Failure") problem = outcome.failure.message
    else {
      const { content, measurement } = outcome.success
      expected ??= { by: contestant.title, content }
      if (content !== expected.content) problem = `${contestant.title} loaded other content than ${expected.by}`
      else yield* Console.error(`  warm-up  ${line(contestant, measurement)}`)
    }
    if (problem === undefined) fit.push(contestant)
    else {
      failures.push(`left out: ${problem}`)
      yield* Console.error(`  LEFT OUT: ${problem}`)
    }
  }
  return { fit, failures }
})

const named =
  ({ title }: Contestant) =>
  <A, R>(effect: Effect.Effect<A, BenchmarkError, R>) =>
    Effect.mapError(effect, ({ message }) => new BenchmarkError({ message: `${title}: ${message}` }))

const line = ({ title }: Contestant, { seconds }: Measurement): string => `${title.padEnd(24)} ${seconds.toFixed(2)} s`

const countBytes = ({ client, clickHouse }: Servers) =>
  attempt("read the events", async (signal) => {
    const query = textQuery({ clickHouse: { ...clickHouse, database: DATABASE }, window })
    const answer = await client.exec({ query, abort_signal: signal })
    let bytes = 0
    for await (const chunk of answer.stream as AsyncIterable<Buffer>) bytes += chunk.length
    return bytes
  })
