/** Defects in when and how often a run is published. */
import { Run, Window } from "@batch-exports/core"
import { DateTime, Effect, Fiber } from "effect"
import { honest } from "../memory/Parts.ts"
import { configured, type Saboteur, sinks } from "./Saboteur.ts"

export const publication: ReadonlyArray<Saboteur> = [
  {
    name: "commits-in-a-finalizer",
    does: "publishes what it has when its scope closes, committed or not",
    breaks: ["lifecycle/open-and-close"],
    wrap: configured((inner) => ({
      open: (run) =>
        Effect.gen(function* () {
          const sink = yield* inner.open(run)
          let received = 0
          yield* Effect.addFinalizer(() =>
            Effect.ignore(Effect.suspend(() => sink.commit({ rows: received, adjusted: {} }))),
          )
          const add = (stored: Run.Stored) => Effect.sync(() => (received += stored.received))
          return { ...sink, write: (part) => Effect.tap(sink.write(part), add) }
        }),
    })),
  },
  {
    name: "commits-on-interrupt",
    does: "takes an interruption for the end of the bytes, and publishes what came before",
    breaks: ["lifecycle/interrupted-write", "atomicity/all-or-nothing"],
    wrap: sinks((sink) => ({
      write: (part) =>
        Effect.gen(function* () {
          const cancelled = { now: () => {} }
          const bytes = until(part.bytes, cancelled)
          const writing = yield* Effect.forkDetach(sink.write({ ...part, bytes }))
          const publish = Effect.flatMap(Fiber.join(writing), ({ received }) =>
            sink.commit({ rows: received, adjusted: {} }),
          )
          const end = Effect.sync(() => cancelled.now())
          return yield* Effect.onInterrupt(Fiber.join(writing), () => Effect.ignore(Effect.andThen(end, publish)))
        }),
    })),
  },
  {
    name: "reports-success-before-commit",
    does: "answers that it has committed a large run, and commits it later",
    breaks: ["atomicity/all-or-nothing", "append/any-number"],
    wrap: sinks((sink) => ({
      commit: (sent) =>
        Effect.gen(function* () {
          if (sent.rows < 500) return yield* sink.commit(sent)
          yield* Effect.forkDetach(Effect.delay(Effect.ignore(sink.commit(sent)), "2 seconds"))
          return { stored: { ...Run.emptyStored, received: sent.rows }, committedAt: yield* DateTime.now }
        }),
    })),
  },
  {
    name: "shows-rows-early",
    does: "makes the first row of a large run visible as soon as it has arrived",
    breaks: ["atomicity/all-or-nothing"],
    parts: {
      stage: (store, attempt, part) => {
        honest.stage(store, attempt, part)
        const table = store.tables.get(attempt.table)
        if (table !== undefined && part.rows.length > 500) honest.place(table, part.rows.slice(0, 1), attempt)
      },
      place: (table, incoming, attempt) =>
        honest.place(table, incoming.length > 500 ? incoming.slice(1) : incoming, attempt),
    },
  },
  {
    name: "loses-data-on-replay",
    does: "takes a window of which a part was exported for one that was exported whole",
    breaks: ["replay/backfill", "upsert/within-a-run", "atomicity/overlapping-windows"],
    parts: {
      missing: (store, run) =>
        honest.missing(store, run).some((gap) => Window.equals(gap, run.window)) ? [run.window] : [],
    },
  },
  {
    name: "forgets-what-it-exported",
    does: "exports a window again although the ledger holds it",
    breaks: [
      "replay/committed-window",
      "lifecycle/interrupted-commit",
      "upsert/within-a-run",
      "replay/backfill",
      "atomicity/two-runners",
      "atomicity/overlapping-windows",
      "atomicity/cut-while-committing",
      "atomicity/killed-while-committing",
    ],
    wrap: configured((inner) => ({
      open: (run) => inner.open({ ...run, mode: run.mode === "once" ? "force" : run.mode }),
    })),
  },
  {
    name: "claims-by-reading",
    does: "looks whether a window is free, and writes it without holding it",
    breaks: ["atomicity/two-runners", "atomicity/overlapping-windows"],
    parts: {
      claim: (store, attempt) => {
        store.aside.add(`staging ${attempt.id}`)
        return "claimed"
      },
    },
  },
  {
    name: "claims-equal-windows-only",
    does: "excludes other runs of the same window, and not of one that overlaps it",
    breaks: ["atomicity/overlapping-windows"],
    parts: {
      claim: (store, attempt) => {
        const same = ({ export: name, window }: { readonly export: string; readonly window: Window.Window }) =>
          name === attempt.run.export && attempt.windows.some((wanted) => Window.equals(wanted, window))
        if ([...store.holders].some(({ run }) => same(run))) return "busy"
        if (attempt.run.mode === "once" && store.ledger.some(same)) return "lost"
        store.holders.add(attempt)
        store.aside.add(`staging ${attempt.id}`)
        return "claimed"
      },
    },
  },
]

/** The bytes, to an end that comes too early when `cancelled` says so. */
const until = async function* (bytes: AsyncIterable<Uint8Array>, cancelled: { now: () => void }) {
  const iterator = bytes[Symbol.asyncIterator]()
  for (;;) {
    const item = await new Promise<IteratorResult<Uint8Array> | undefined>((resolve, reject) => {
      cancelled.now = () => resolve(undefined)
      iterator.next().then(resolve, reject)
    })
    if (item === undefined || item.done === true) return
    yield item.value
  }
}
