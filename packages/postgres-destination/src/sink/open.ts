/** Opens the destination for one run, and keeps the order of its calls: write each missing window once, then commit once. */
import { type Destination, DestinationError, Run, Window } from "@batch-exports/core"
import { DateTime, Duration, Effect, type Scope } from "effect"
import { randomUUID } from "node:crypto"
import type { Config } from "../config/Config.ts"
import { connect, type Session } from "../connection/Session.ts"
import { transactionSettings } from "../connection/transactionSettings.ts"
import type { Claim } from "../ledger/statements.ts"
import { type Part, publish } from "./commit.ts"
import { survey, type Survey } from "./survey.ts"
import { type Attempt, write } from "./write.ts"

type State =
  | { readonly _tag: "Opened" }
  | { readonly _tag: "Written"; readonly claim: Claim; readonly parts: readonly [Part, ...Array<Part>] }
  /** `why` continues the sentence "Cannot write: …". */
  | { readonly _tag: "Unusable"; readonly why: string }

export const open = Effect.fn("open")(function* (
  config: Config,
  run: Run.Run,
): Effect.fn.Return<Destination.Sink, DestinationError, Scope.Scope> {
  const session = yield* connect(config)
  const seen = yield* survey(session, config, run)
  const sink = makeSink(config, run, session, seen)
  yield* Effect.addFinalizer(() => Effect.sync(sink.close))
  return sink
})

const makeSink = (
  config: Config,
  run: Run.Run,
  session: Session,
  seen: Survey,
): Destination.Sink & { readonly close: () => void } => {
  const settings = transactionSettings({
    server: session.server,
    lockTimeout: config.lockTimeout,
    stallTimeout: config.stallTimeout,
    transactionTimeout: config.transactionTimeout,
    run: run.id,
  })
  const attempt: Attempt = { run, seen, settings, id: randomUUID(), config }
  let state: State = { _tag: "Opened" }
  const unusable = (why: string) => {
    state = { _tag: "Unusable", why }
  }

  /** Whatever interrupts or breaks `step` closes the connection, and with it the transaction. */
  const guarded = <A>(step: Effect.Effect<A, DestinationError>): Effect.Effect<A, DestinationError> =>
    step.pipe(
      Effect.mapError((error) => (session.overdue() && !settled.includes(error.reason) ? overdue(config) : error)),
      Effect.onError(() =>
        Effect.sync(() => {
          unusable("an earlier call failed or was interrupted")
          session.kill()
        }),
      ),
    )

  return {
    projection: seen.projection,
    missing: seen.missing,
    notices: seen.notices,
    close: () => unusable("the sink is closed"),

    write: (part) =>
      Effect.suspend(() => {
        if (state._tag === "Unusable") return misuse(`Cannot write: ${state.why}`)
        const before = state
        const parts = before._tag === "Written" ? before.parts : []
        const expected = seen.missing[parts.length]
        if (expected === undefined || !Window.equals(expected, part.window)) {
          return misuse(
            `Cannot write window ${Window.format(part.window)}: ${expected === undefined ? "every missing window is written" : `${Window.format(expected)} is next`}`,
          )
        }
        unusable("a write is under way")
        return guarded(write(session, attempt, part, before._tag === "Written" ? before.claim : undefined)).pipe(
          Effect.map(({ claim, taken }) => {
            state = { _tag: "Written", claim, parts: append(parts, { window: part.window, ...taken }) }
            return taken.stored
          }),
        )
      }),

    commit: (sent) =>
      Effect.suspend(() => {
        if (state._tag === "Unusable") return misuse(`Cannot commit: ${state.why}`)
        const written = state._tag === "Written" ? state.parts.length : 0
        if (state._tag === "Opened" || written !== seen.missing.length) {
          return misuse(`Cannot commit: ${written} of ${seen.missing.length} missing windows are written`)
        }
        const { claim, parts } = state
        const stored = parts.map((part) => part.stored).reduce(Run.addStored, Run.emptyStored)
        unusable("it is committed, or a commit is under way")
        return guarded(
          sent.rows === stored.received
            ? publish(session, { claim, parts, again: seen.again, reconnect: connect(config), settings })
            : Effect.fail(mismatch(sent.rows, stored.received)),
        ).pipe(Effect.map((committedAt) => ({ stored, committedAt: DateTime.makeUnsafe(committedAt) })))
      }),
  }
}

const append = (parts: ReadonlyArray<Part>, part: Part): readonly [Part, ...Array<Part>] => {
  const [first, ...others] = parts
  return first === undefined ? [part] : [first, ...others, part]
}

const misuse = (message: string): Effect.Effect<never, DestinationError> =>
  Effect.fail(
    new DestinationError({
      reason: "Misuse",
      message,
      remedy: "Report this: it is a defect in the program that drives the destination.",
    }),
  )

/** What the look-up after a COMMIT found out, or could not: "nothing was published" would be a guess. */
const settled: ReadonlyArray<DestinationError["reason"]> = ["CommitUnknown", "ClaimLost"]

const overdue = ({ transactionTimeout }: Config): DestinationError =>
  new DestinationError({
    reason: "Timeout",
    message: `The transaction was open for ${Duration.format(transactionTimeout)}, the transactionTimeout`,
    remedy: "Nothing was published. The run is tried again; raise transactionTimeout if a window takes longer.",
  })

const mismatch = (sent: number, received: number): DestinationError =>
  new DestinationError({
    reason: "CountMismatch",
    message: `The source sent ${sent} records, the table took ${received} (${sent > received ? "the source sent more" : "the table counted more"})`,
    remedy: "Nothing was published. A trigger on the table that drops records would explain fewer.",
  })
