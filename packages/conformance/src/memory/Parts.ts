/**
 * The memory destination's behaviour, in parts small enough to break one at a time: a saboteur is the honest parts with
 * one of them replaced.
 */
import { type DestinationError, type Projection, Run, Window } from "@batch-exports/core"
import type { DateTime, Result } from "effect"
import { encoders, type Row } from "../encoders/index.ts"
import type { TableColumn } from "../Harness.ts"
import { append, fill, upsert } from "./merge.ts"
import { project } from "./project.ts"
import type { Attempt, Part, Store, Table } from "./Store.ts"

export interface Parts {
  /** What the target has and what the model has → what the source shall send. Runs in the destination; the rest in the store. */
  readonly project: (
    run: Pick<Run.Run, "model" | "offers">,
    encodings: ReadonlyArray<string>,
    columns: ReadonlyArray<TableColumn> | undefined,
  ) => Result.Result<Projection.Projection, DestinationError>
  /** The run's window less what is exported. */
  readonly missing: (store: Store, run: Pick<Run.Run, "export" | "window" | "mode">) => ReadonlyArray<Window.Window>
  /** Takes the windows for this attempt. `busy`: another attempt has one of them. `lost`: one is exported by now. */
  readonly claim: (store: Store, attempt: Attempt) => "claimed" | "busy" | "lost"
  readonly createTable: (projection: Projection.Projection) => Array<TableColumn>
  /** The bytes of one window → rows. */
  readonly decode: (projection: Projection.Projection, bytes: Buffer) => ReadonlyArray<Row>
  /** One window is whole. */
  readonly stage: (store: Store, attempt: Attempt, part: Part) => void
  /** Rows and ledger, in one synchronous step: no other run can see a part of it. */
  readonly publish: (store: Store, attempt: Attempt, committedAt: DateTime.Utc, parts: Parts) => Run.Stored
  readonly place: (table: Table, incoming: ReadonlyArray<Row>, attempt: Pick<Attempt, "run" | "identity">) => Placed
  /** The attempt is over, committed or not. */
  readonly release: (store: Store, attempt: Attempt) => void
}

export type Placed = Pick<Run.Stored, "inserted" | "updated" | "unchanged">

export const honest: Parts = {
  project,

  missing: (store, run) => {
    if (run.mode !== "once") return [run.window]
    const exported = store.ledger.filter((entry) => entry.export === run.export)
    return Window.subtract(
      run.window,
      exported.map(({ window }) => window),
    )
  },

  claim: (store, attempt) => {
    const taken = (windows: ReadonlyArray<Window.Window>) =>
      attempt.windows.some((wanted) => windows.some((other) => Window.overlaps(wanted, other)))
    const others = [...store.holders].filter(({ run }) => run.export === attempt.run.export)
    if (taken(others.flatMap(({ windows }) => windows))) return "busy"
    const exported = store.ledger.filter((entry) => entry.export === attempt.run.export)
    if (attempt.run.mode === "once" && taken(exported.map(({ window }) => window))) return "lost"
    store.holders.add(attempt)
    store.aside.add(`staging ${attempt.id}`)
    return "claimed"
  },

  createTable: ({ columns }) =>
    columns.map(({ field, targetType }) => ({
      name: field.name,
      type: targetType,
      nullable: true,
      hasDefault: false,
    })),

  decode: (projection, bytes) => {
    const codec = encoders[projection.encoding]
    if (codec === undefined) throw new Error(`the store cannot read ${projection.encoding}`)
    return codec.decode(projection, bytes)
  },

  stage: (_, attempt, part) => {
    attempt.parts.push(part)
  },

  publish: (store, attempt, committedAt, parts) => {
    const table = store.tables.get(attempt.table)
    if (table === undefined) throw new Error(`there is no table ${attempt.table}`)
    let stored = Run.emptyStored
    for (const part of attempt.parts) {
      const placed = parts.place(table, part.rows, attempt)
      stored = Run.addStored(stored, { received: part.rows.length, ...placed })
      record(store, attempt, part, committedAt)
    }
    return stored
  },

  place: (table, incoming, { identity, run }) => {
    if (identity._tag === "Upsert") return upsert(table.rows, incoming, identity)
    return run.mode === "fill" ? fill(table.rows, incoming, identity.dedupeKey ?? []) : append(table.rows, incoming)
  },

  release: (store, attempt) => {
    store.holders.delete(attempt)
    store.aside.delete(`staging ${attempt.id}`)
  },
}

/** The ledger's windows never overlap: a forced run takes the place of the entries that it covers. */
const record = (store: Store, attempt: Attempt, part: Part, committedAt: DateTime.Utc): void => {
  const others = store.ledger.filter(
    (entry) => entry.export !== attempt.run.export || Window.subtract(entry.window, [part.window]).length > 0,
  )
  const kept = others.filter((entry) => entry.export === attempt.run.export).map(({ window }) => window)
  const added = Window.subtract(part.window, kept).map((window, index) => ({
    export: attempt.run.export,
    table: attempt.table,
    attempt: attempt.id,
    run: attempt.run.id,
    definition: attempt.run.definition,
    window,
    rows: index === 0 ? part.rows.length : 0,
    bytes: index === 0 ? part.bytes : 0,
    committedAt,
  }))
  store.ledger = [...others, ...added].sort((a, b) => Window.byStart(a.window, b.window))
}
