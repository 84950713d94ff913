/** Opens the folder for one run, and keeps the order of its calls: write each missing window once, then commit once. */
import { type Destination, DestinationError, Run, Window } from "@batch-exports/core"
import { Effect, type Scope } from "effect"
import type { Config } from "../Config.ts"
import * as Manifest from "../manifest/Manifest.ts"
import { folder } from "../store/folder.ts"
import type { Draft, Store } from "../store/Store.ts"
import { commit } from "./commit.ts"
import { type Survey, survey } from "./survey.ts"
import { write, type Written } from "./write.ts"

export const open = Effect.fn("open")(function* (
  config: Config,
  run: Run.Run,
): Effect.fn.Return<Destination.Sink, DestinationError, Scope.Scope> {
  const store = folder(config.folder)
  const seen = yield* survey(store, config, run)
  yield* store.sweep((exportName, draft) =>
    Effect.map(Manifest.read(store, exportName), ({ windows }) => {
      const own = windows.filter((window) => window.draft === draft)
      return { committed: own.length > 0, replaced: own.flatMap(({ replaced }) => replaced) }
    }),
  )
  const draft = yield* store.begin(run.export)
  const sink = makeSink(config, run, store, draft, seen)
  yield* Effect.addFinalizer(() => Effect.sync(sink.close))
  return sink
})

type State =
  | { readonly _tag: "Usable"; readonly parts: ReadonlyArray<Written> }
  /** `why` continues the sentence "cannot write: …". */
  | { readonly _tag: "Unusable"; readonly why: string }

const makeSink = (
  config: Config,
  run: Run.Run,
  store: Store,
  draft: Draft,
  seen: Survey,
): Destination.Sink & { readonly close: () => void } => {
  let state: State = { _tag: "Usable", parts: [] }
  const unusable = (why: string) => {
    state = { _tag: "Unusable", why }
  }

  const guarded = <A>(step: Effect.Effect<A, DestinationError>): Effect.Effect<A, DestinationError> =>
    Effect.onError(step, () => Effect.sync(() => unusable("an earlier call failed or was interrupted")))

  return {
    ...seen,
    close: () => unusable("the sink is closed"),

    write: (part) =>
      Effect.suspend(() => {
        if (state._tag === "Unusable") return misuse(`cannot write: ${state.why}`)
        const { parts } = state
        const expected = seen.missing[parts.length]
        if (expected === undefined || !Window.equals(expected, part.window)) {
          return misuse(
            `cannot write window ${Window.format(part.window)}: ${expected === undefined ? "every missing window is written" : `${Window.format(expected)} is next`}`,
          )
        }
        unusable("a write is under way")
        return guarded(write(config, run, draft, part)).pipe(
          Effect.map((written) => {
            state = { _tag: "Usable", parts: [...parts, written] }
            return stored(written.rows)
          }),
        )
      }),

    commit: (sent) =>
      Effect.suspend(() => {
        if (state._tag === "Unusable") return misuse(`cannot commit: ${state.why}`)
        const { parts } = state
        if (parts.length === 0 || parts.length !== seen.missing.length) {
          return misuse(`cannot commit: ${parts.length} of ${seen.missing.length} missing windows are written`)
        }
        const received = parts.reduce((sum, { rows }) => sum + rows, 0)
        unusable("it is committed, or a commit is under way")
        return guarded(
          sent.rows === received ? commit({ config, store, draft, run, parts }) : mismatch(sent.rows, received),
        ).pipe(Effect.map((committedAt) => ({ stored: stored(received), committedAt })))
      }),
  }
}

const stored = (rows: number): Run.Stored => ({ ...Run.emptyStored, received: rows, inserted: rows })

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
      message: `the source sent ${sent} records, the files took ${received}`,
      remedy: "Nothing was published.",
    }),
  )
