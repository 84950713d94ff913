/** Defects in what a destination holds, and for how long. */
import { Run } from "@batch-exports/core"
import { Effect, Scope } from "effect"
import { honest } from "../memory/Parts.ts"
import { configured, type Saboteur, sinks } from "./Saboteur.ts"

export const lifecycle: ReadonlyArray<Saboteur> = [
  {
    name: "leaks-a-connection",
    does: "keeps a second opening of its target for ever",
    needs: "network",
    breaks: ["lifecycle/many-opens"],
    wrap: configured((inner) => ({
      open: (run) =>
        Effect.gen(function* () {
          yield* Scope.provide(inner.open(run), yield* Scope.make())
          return yield* inner.open(run)
        }),
    })),
  },
  {
    name: "forgives-misuse",
    does: "answers a second commit as it answered the first",
    breaks: ["lifecycle/order-of-calls"],
    wrap: sinks((sink) => {
      let receipt: Effect.Success<ReturnType<typeof sink.commit>> | undefined
      return {
        commit: (sent) =>
          receipt === undefined
            ? Effect.tap(sink.commit(sent), (first) => Effect.sync(() => (receipt = first)))
            : Effect.succeed(receipt),
      }
    }),
  },
  {
    name: "leaves-a-staging-table",
    does: "does not remove what it has set aside",
    breaks: [
      "lifecycle/interrupted-write",
      "lifecycle/open-and-close",
      "lifecycle/interrupted-commit",
      "lifecycle/many-opens",
      "append/broken-source",
      "append/counts-agree",
      "atomicity/two-runners",
      "atomicity/cut-while-writing",
      "atomicity/cut-while-committing",
      "atomicity/killed-while-writing",
      "atomicity/killed-while-committing",
    ],
    parts: {
      release: (store, attempt) => {
        store.holders.delete(attempt)
      },
    },
  },
  {
    name: "keeps-its-claim",
    does: "gives its windows free only when it commits",
    breaks: [
      "lifecycle/interrupted-write",
      "append/broken-source",
      "atomicity/all-or-nothing",
      "atomicity/cut-while-writing",
      "atomicity/cut-while-committing",
      "atomicity/killed-while-writing",
    ],
    parts: {
      release: (store, attempt) => {
        store.aside.delete(`staging ${attempt.id}`)
        if (store.ledger.some((entry) => entry.attempt === attempt.id)) honest.release(store, attempt)
      },
    },
  },
  {
    name: "records-a-cancelled-opening",
    does: "takes a cancelled run for one without records",
    breaks: ["lifecycle/interrupted-open"],
    wrap: configured((inner) => ({
      open: (run) =>
        Effect.onInterrupt(inner.open(run), () =>
          Effect.gen(function* () {
            const sink = yield* inner.open(run)
            for (const window of sink.missing) yield* sink.write({ window, bytes: nothing() })
            yield* sink.commit(Run.emptyTally)
          }).pipe(Effect.scoped, Effect.ignore),
        ),
    })),
  },
  {
    name: "commits-rows-and-ledger-apart",
    does: "commits the rows, and then, in another transaction, that it has done so",
    breaks: [
      "atomicity/killed-while-committing",
      "lifecycle/interrupted-commit",
      "atomicity/cut-while-committing",
      "upsert/within-a-run",
      "replay/backfill",
      "atomicity/two-runners",
      "atomicity/overlapping-windows",
      "telemetry/counts-are-true",
    ],
    wrap: configured((inner) => ({
      open: (run) =>
        Effect.gen(function* () {
          const { missing } = yield* Effect.scoped(inner.open(run))
          const sink = yield* inner.open({ ...run, export: `${run.export} ${Math.random()}` })
          const record = Effect.gen(function* () {
            const ledger = yield* inner.open(run)
            for (const window of ledger.missing) yield* ledger.write({ window, bytes: nothing() })
            yield* ledger.commit(Run.emptyTally)
          }).pipe(Effect.scoped)
          return { ...sink, missing, commit: (sent) => Effect.tap(sink.commit(sent), () => record) }
        }),
    })),
  },
]

const nothing = async function* (): AsyncGenerator<Uint8Array> {}
