/**
 * The part of a sink that is the same for every destination: each missing window is written once and in order, then all of
 * them are committed once, if as many records arrived as were sent. Anything else is refused before the destination sees it.
 */
import { type DateTime, Effect, type Scope } from "effect"
import type { Part, Sink } from "./Destination.ts"
import { DestinationError } from "./errors.ts"
import { addStored, emptyStored, type Stored } from "./Run.ts"
import * as Window from "./Window.ts"

export interface Steps extends Pick<Sink, "projection" | "missing" | "notices"> {
  readonly write: (part: Part) => Effect.Effect<Stored, DestinationError>
  /** Publishes what was written. Called once, after every missing window was written and the counts agreed. */
  readonly commit: Effect.Effect<DateTime.Utc, DestinationError>
}

type State =
  | { readonly _tag: "Usable"; readonly windows: number; readonly stored: Stored }
  /** `why` continues the sentence "cannot write: …". */
  | { readonly _tag: "Over"; readonly why: string }

/** The sink of these steps, until the scope closes. */
export const inOrder = (steps: Steps): Effect.Effect<Sink, never, Scope.Scope> =>
  Effect.suspend(() => {
    let state: State = { _tag: "Usable", windows: 0, stored: emptyStored }
    const over = (why: string) => {
      state = { _tag: "Over", why }
    }
    const guarded = <A>(step: Effect.Effect<A, DestinationError>): Effect.Effect<A, DestinationError> =>
      Effect.onError(step, () => Effect.sync(() => over("an earlier call failed or was interrupted")))

    const write = (part: Part) =>
      Effect.suspend(() => {
        if (state._tag === "Over") return misuse(`cannot write: ${state.why}`)
        const { stored, windows } = state
        const next = steps.missing[windows]
        if (next === undefined || !Window.equals(next, part.window)) {
          const expected = next === undefined ? "every missing window is written" : `${Window.format(next)} is next`
          return misuse(`cannot write window ${Window.format(part.window)}: ${expected}`)
        }
        over("a write is under way")
        return Effect.tap(guarded(steps.write(part)), (added) =>
          Effect.sync(() => {
            state = { _tag: "Usable", windows: windows + 1, stored: addStored(stored, added) }
          }),
        )
      })

    const commit = (sent: { readonly rows: number }) =>
      Effect.suspend(() => {
        if (state._tag === "Over") return misuse(`cannot commit: ${state.why}`)
        const { stored, windows } = state
        if (windows === 0 || windows !== steps.missing.length) {
          return misuse(`cannot commit: ${windows} of ${steps.missing.length} missing windows are written`)
        }
        over("it is committed, or a commit is under way")
        if (sent.rows !== stored.received) return mismatch(sent.rows, stored.received)
        return Effect.map(guarded(steps.commit), (committedAt) => ({ stored, committedAt }))
      })

    const { missing, notices, projection } = steps
    return Effect.as(
      Effect.addFinalizer(() => Effect.sync(() => over("the sink is closed"))),
      { projection, missing, notices, write, commit },
    )
  })

const misuse = (message: string): Effect.Effect<never, DestinationError> =>
  Effect.fail(
    new DestinationError({
      reason: "Misuse",
      message,
      remedy: "Report this: it is a defect in the program that drives the destination.",
    }),
  )

const mismatch = (sent: number, received: number): Effect.Effect<never, DestinationError> =>
  Effect.fail(
    new DestinationError({
      reason: "CountMismatch",
      message: `the source sent ${sent} records, the destination took in ${received}`,
      remedy: "Nothing was committed.",
    }),
  )
