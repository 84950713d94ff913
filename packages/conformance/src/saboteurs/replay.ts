/** Defects in what a mode or a size means. */
import { Run } from "@batch-exports/core"
import { DateTime, Effect } from "effect"
import { honest } from "../memory/Parts.ts"
import { append as add } from "../memory/merge.ts"
import { type Saboteur, sinks } from "./Saboteur.ts"

export const replay: ReadonlyArray<Saboteur> = [
  {
    name: "does-not-force",
    does: "leaves out what the ledger holds even when it is told to export it again",
    breaks: ["replay/force"],
    parts: {
      missing: (store, run) => honest.missing(store, { ...run, mode: run.mode === "force" ? "once" : run.mode }),
    },
  },
  {
    name: "fills-by-appending",
    does: "adds every record of a window that it should only fill up",
    breaks: ["replay/fill"],
    parts: {
      place: (table, incoming, attempt) =>
        attempt.run.mode === "fill" ? add(table.rows, incoming) : honest.place(table, incoming, attempt),
    },
  },
  {
    name: "skips-empty-windows",
    does: "commits nothing when a window had no records",
    breaks: ["append/empty-run", "lifecycle/order-of-calls", "telemetry/counts-are-true"],
    wrap: sinks((sink) => ({
      commit: (sent) =>
        sent.rows === 0
          ? Effect.map(DateTime.now, (committedAt) => ({ stored: Run.emptyStored, committedAt }))
          : sink.commit(sent),
    })),
  },
  {
    name: "loses-the-row-after-a-batch",
    does: "loses the row that does not fit into a batch of a hundred",
    breaks: ["append/any-number", "values/every-type", "upsert/random-histories", "atomicity/all-or-nothing"],
    parts: {
      place: (table, incoming, attempt) =>
        honest.place(
          table,
          incoming.filter((_, index) => index % 100 !== 0 || index === 0),
          attempt,
        ),
    },
  },
  {
    name: "declares-an-encoding-too-many",
    does: "declares an encoding that it cannot read",
    breaks: ["append/every-encoding", "values/every-type"],
    parts: {
      decode: (projection, bytes) => (projection.encoding === "csv" ? [] : honest.decode(projection, bytes)),
    },
  },
  {
    name: "has-no-place-for-bytes",
    does: "declares a type that it stores as NULL",
    breaks: ["append/every-type", "values/null-is-not-empty", "values/every-type", "values/large"],
    parts: {
      decode: (projection, bytes) =>
        honest
          .decode(projection, bytes)
          .map((row) =>
            Object.fromEntries(
              Object.entries(row).map(([name, value]) => [name, value instanceof Uint8Array ? null : value]),
            ),
          ),
    },
  },
]
