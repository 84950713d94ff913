/** A small destination for tests of `exportWindow`, in memory. The reference destination is in packages/conformance. */
import { DateTime, Effect, Schema, Stream } from "effect"
import { Destination, DestinationError, FieldType, type Projection, Run, Window } from "@batch-exports/core"

/** What outlives a run: committed rows as parsed JSON, and the ledger. */
export interface Store {
  readonly rows: Array<Readonly<Record<string, unknown>>>
  readonly ledger: Array<Destination.LedgerRow>
}

export const makeStore = (): Store => ({ rows: [], ledger: [] })

/** A destination over `store`. `fields` names the columns that the target has; without it, it has the created ones. */
export const make = (store: Store, options: { readonly fields?: ReadonlyArray<string> } = {}): Destination.Plugin =>
  Destination.define({
    name: "memory",
    title: "Memory",
    description: "Keeps records in memory. For tests.",
    Config: Schema.Struct({}),
    capabilities: {
      encodings: ["jsonl"],
      types: FieldType.tags,
      identities: ["Append"],
      modes: ["once"],
      visibility: "window",
      ledger: "transactional",
      target: "stream",
    },
    check: () => Stream.succeed({ id: "memory", title: "Memory is there", status: "passed", durationMillis: 0 }),
    plan: (_, run) =>
      Effect.map(project(run, options.fields), (projection) => ({
        projection,
        target: "memory",
        create: [],
        missing: missing(store, run),
        notices: [],
      })),
    ledger: (_, name) => Stream.fromIterable(store.ledger.filter((row) => row.export === name)),
    open: (_, run) => Effect.map(project(run, options.fields), (projection) => open(store, run, projection)),
  })

const missing = (store: Store, run: Run.Run): ReadonlyArray<Window.Window> =>
  Window.subtract(
    run.window,
    store.ledger.filter((row) => row.export === run.export).map((row) => row.window),
  )

const stillMissing = (store: Store, run: Run.Run, gaps: ReadonlyArray<Window.Window>): boolean => {
  const now = missing(store, run)
  return (
    now.length === gaps.length &&
    now.every((gap, index) => gaps[index] !== undefined && Window.equals(gap, gaps[index]))
  )
}

const project = (
  run: Run.Run,
  present?: ReadonlyArray<string>,
): Effect.Effect<Projection.Projection, DestinationError> => {
  const taken = run.model.schema.fields.filter((field) => present?.includes(field.name) ?? field.created)
  const leftOut = run.model.schema.fields.filter((field) => !taken.includes(field)).map((field) => field.name)
  const [first, ...rest] = taken.map((field): Projection.Column => ({
    field,
    as: field.type,
    targetType: FieldType.format(field.type),
    unfit: "nearest",
  }))
  if (first === undefined) {
    return Effect.fail(
      new DestinationError({
        reason: "TargetIncompatible",
        message: "the target has none of the model's fields",
        remedy: `Give it at least one of: ${run.model.schema.fields.map((field) => field.name).join(", ")}.`,
      }),
    )
  }
  return Effect.succeed({ encoding: "jsonl", columns: [first, ...rest], leftOut })
}

const misuse = (message: string) =>
  new DestinationError({ reason: "Misuse", message, remedy: "Open the destination again for a new run." })

const open = (store: Store, run: Run.Run, projection: Projection.Projection): Destination.Sink => {
  const gaps = missing(store, run)
  const staged: Array<{ readonly window: Window.Window; readonly text: string; readonly rows: number }> = []
  let stored: Run.Stored = Run.emptyStored
  let state: "open" | "committed" = "open"

  const write = Effect.fnUntraced(function* (part: Destination.Part) {
    if (state === "committed") return yield* misuse("write after commit")
    const text = yield* Effect.tryPromise({
      try: () => collect(part.bytes),
      catch: () =>
        new DestinationError({ reason: "ConnectionLost", message: "the bytes broke off", remedy: "Try again." }),
    })
    const rows = text === "" ? 0 : text.split("\n").length - 1
    staged.push({ window: part.window, text, rows })
    const taken: Run.Stored = { received: rows, inserted: rows, updated: 0, unchanged: 0 }
    stored = Run.addStored(stored, taken)
    return taken
  })

  const commit = Effect.fnUntraced(function* (sent: { readonly rows: number }) {
    if (state === "committed") return yield* misuse("commit twice")
    if (sent.rows !== stored.received) {
      return yield* new DestinationError({
        reason: "CountMismatch",
        message: `${sent.rows} records were sent and ${stored.received} arrived`,
        remedy: "Nothing was published.",
      })
    }
    if (!stillMissing(store, run, gaps)) {
      return yield* new DestinationError({
        reason: "ClaimLost",
        message: "another run committed this window first",
        remedy: "Nothing to do: the records are there.",
      })
    }
    const committedAt = yield* DateTime.now
    // One synchronous step: no other run can see or interleave with a part of it.
    state = "committed"
    for (const { rows, text, window } of staged) {
      for (const line of text.split("\n").slice(0, -1)) store.rows.push(JSON.parse(line) as Record<string, unknown>)
      store.ledger.push({
        export: run.export,
        window,
        run: run.id,
        definition: run.definition,
        rows,
        bytes: Buffer.byteLength(text),
        committedAt,
      })
    }
    store.ledger.sort((a, b) => Window.byStart(a.window, b.window))
    return { stored, committedAt }
  })

  return { projection, missing: gaps, notices: [], write, commit }
}

const collect = async (bytes: AsyncIterable<Uint8Array>): Promise<string> => {
  const chunks: Array<Uint8Array> = []
  for await (const chunk of bytes) chunks.push(chunk)
  return Buffer.concat(chunks).toString("utf8")
}
