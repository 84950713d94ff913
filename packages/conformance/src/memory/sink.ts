/** The memory destination opened for one run: write each missing window once, in order, then commit once. */
import { type Destination, DestinationError, type Projection, Run, Window } from "@batch-exports/core"
import { DateTime, Effect, type Scope } from "effect"
import { randomUUID } from "node:crypto"
import type { TableColumn } from "../Harness.ts"
import { classify, type Connection } from "./connect.ts"
import type { Parts } from "./Parts.ts"
import type { RunJson } from "./session.ts"
import { type WindowJson, windowFromJson, windowToJson } from "./windowJson.ts"

export interface Survey {
  readonly projection: Projection.Projection
  readonly missing: ReadonlyArray<Window.Window>
  readonly exists: boolean
}

export const survey = Effect.fnUntraced(function* (
  connection: Connection,
  run: Run.Run,
  table: string,
  encodings: ReadonlyArray<string>,
  parts: Parts,
): Effect.fn.Return<Survey, DestinationError> {
  const seen = yield* connection.ask<{
    readonly columns?: ReadonlyArray<TableColumn>
    readonly missing: ReadonlyArray<WindowJson>
  }>({ ask: "survey", table, run: runToJson(run) })
  const projection = yield* Effect.fromResult(parts.project(run, encodings, seen.columns))
  return { projection, missing: seen.missing.map(windowFromJson), exists: seen.columns !== undefined }
})

export const open = (options: {
  readonly connection: Connection
  readonly reconnect: Effect.Effect<Connection, DestinationError, Scope.Scope>
  readonly run: Run.Run
  readonly table: string
  readonly seen: Survey
}): Effect.Effect<Destination.Sink, never, Scope.Scope> => {
  const { connection, reconnect, run, seen, table } = options
  const attempt = randomUUID()
  let written = 0
  let stored = Run.emptyStored
  /** Completes "Cannot write: …" once nothing more may be done. */
  let over: string | undefined

  const guarded = <A>(step: Effect.Effect<A, DestinationError>): Effect.Effect<A, DestinationError> =>
    Effect.onError(step, () =>
      Effect.sync(() => {
        over = "an earlier call failed or was interrupted"
        connection.kill()
      }),
    )

  const begin = Effect.suspend(() =>
    connection.ask({
      ask: "begin",
      attempt,
      table,
      run: runToJson(run),
      identity: run.model.identity,
      projection: seen.projection,
      windows: seen.missing.map(windowToJson),
    }),
  )

  const write = Effect.fnUntraced(function* (part: Destination.Part) {
    if (over !== undefined) return yield* misuse(`Cannot write: ${over}`)
    const next = seen.missing[written]
    if (next === undefined || !Window.equals(next, part.window)) {
      return yield* misuse(`Cannot write ${Window.format(part.window)}: it is not the next missing window`)
    }
    return yield* guarded(
      Effect.gen(function* () {
        const iterator = part.bytes[Symbol.asyncIterator]()
        const first = yield* Effect.tryPromise({ try: () => iterator.next(), catch: (cause) => classify(cause) })
        if (written === 0) yield* begin
        yield* pour(connection, first, iterator)
        const { received } = yield* connection.ask<{ readonly received: number }>({
          ask: "end",
          window: windowToJson(part.window),
        })
        written += 1
        const taken: Run.Stored = { received, inserted: received, updated: 0, unchanged: 0 }
        stored = Run.addStored(stored, taken)
        return taken
      }),
    )
  })

  const commit = Effect.fnUntraced(function* (sent: Run.Tally) {
    if (over !== undefined) return yield* misuse(`Cannot commit: ${over}`)
    if (written !== seen.missing.length || written === 0) {
      return yield* misuse(`Cannot commit: ${written} of ${seen.missing.length} missing windows are written`)
    }
    over = "it is committed, or a commit is under way"
    const asked = connection
      .ask<{ readonly stored: Run.Stored; readonly committedAt: number }>({ ask: "commit", rows: sent.rows })
      .pipe(Effect.map((answer) => ({ ...answer, committedAt: DateTime.makeUnsafe(answer.committedAt) })))
    // An interruption between the store's commit and our hearing of it would leave the outcome unknown for no reason.
    return yield* Effect.uninterruptible(
      Effect.catchIf(
        guarded(asked),
        ({ reason }) => reason === "ConnectionLost",
        () => findOut({ reconnect, attempt, stored }),
      ),
    )
  })

  return Effect.as(
    Effect.addFinalizer(() =>
      Effect.sync(() => {
        over ??= "the sink is closed"
      }),
    ),
    { projection: seen.projection, missing: seen.missing, notices: [], write, commit },
  )
}

const pour = (connection: Connection, first: IteratorResult<Uint8Array>, iterator: AsyncIterator<Uint8Array>) =>
  Effect.callback<void, DestinationError>((resume) => {
    let stopped = false
    const run = async () => {
      for (let item = first; item.done !== true; item = await iterator.next()) {
        if (stopped) return
        await connection.send(item.value)
      }
    }
    run().then(
      () => resume(Effect.void),
      (cause: unknown) => resume(Effect.fail(classify(cause))),
    )
    return Effect.sync(() => {
      stopped = true
      void iterator.return?.()
    })
  })

/** The connection broke after the commit had been sent: the store is asked on another one, and nothing is guessed. */
const findOut = (options: {
  readonly reconnect: Effect.Effect<Connection, DestinationError, Scope.Scope>
  readonly attempt: string
  readonly stored: Run.Stored
}): Effect.Effect<Destination.Receipt, DestinationError> =>
  Effect.gen(function* () {
    const connection = yield* options.reconnect
    return yield* connection.ask<{ readonly committed: boolean }>({ ask: "outcome", attempt: options.attempt })
  }).pipe(
    Effect.scoped,
    Effect.mapError(
      (error) =>
        new DestinationError({
          reason: "CommitUnknown",
          message: `The connection broke during commit, and the outcome could not be looked up. ${error.message}`,
          remedy: "The next attempt asks the ledger: nothing is exported twice.",
        }),
    ),
    Effect.flatMap(({ committed }) =>
      committed
        ? Effect.map(DateTime.now, (committedAt) => ({ stored: options.stored, committedAt }))
        : Effect.fail(
            new DestinationError({
              reason: "ConnectionLost",
              message: "The connection broke during commit; the store did not commit",
              remedy: "Nothing was published. The run is tried again.",
            }),
          ),
    ),
  )

const misuse = (message: string) =>
  Effect.fail(new DestinationError({ reason: "Misuse", message, remedy: "Open the destination again for a new run." }))

const runToJson = (run: Run.Run): RunJson => ({
  id: run.id,
  export: run.export,
  definition: run.definition,
  mode: run.mode,
  window: windowToJson(run.window),
})
