/**
 * The smallest destination that keeps the laws: JSON Lines files in a folder, one for each run. A reader may see a part of a
 * run, and a run that is repeated writes its records again; its capabilities say so.
 */
import { type CheckStep, Destination, DestinationError, FieldType, Framing } from "@batch-exports/core"
import { Projection, type Reason, Run } from "@batch-exports/core"
import { DateTime, Effect, type Scope, Schema, Stream } from "effect"
import { randomUUID } from "node:crypto"
import { open as openFile, readdir } from "node:fs/promises"
import { join } from "node:path"

const Config = Schema.Struct({
  folder: Schema.String.annotate({ title: "Folder", description: "The folder to write into. It must exist." }),
})
type Config = typeof Config.Type

export const reasons: Readonly<Record<string, Reason.Reason>> = {
  ENOENT: "TargetIncompatible",
  ENOTDIR: "TargetIncompatible",
  EACCES: "PermissionDenied",
  ENOSPC: "DiskFull",
}

/** Every failure names its reason: the runner decides by it whether to try again. What is not known stops. */
export const classify = (cause: unknown): DestinationError => {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "none"
  const remedy = "Make the folder, let the runner write into it, and see that its disk has space."
  return new DestinationError({ reason: reasons[code] ?? "Unknown", message: "cannot use the folder", remedy, code })
}

const io = <A>(work: () => Promise<A>): Effect.Effect<A, DestinationError> =>
  Effect.tryPromise({ try: work, catch: classify })

/** Steps in order, which leave nothing behind; a failed step is the last. */
const check = (config: Config): Stream.Stream<CheckStep> => {
  const step = { id: "folder", title: "The folder is there", durationMillis: 0 }
  return Stream.fromEffect(
    Effect.match(
      io(() => readdir(config.folder)),
      {
        onSuccess: (): CheckStep => ({ ...step, status: "passed" }),
        onFailure: ({ message, remedy }): CheckStep => ({ ...step, status: "failed", detail: message, remedy }),
      },
    ),
  )
}

/** What `open` would do, without doing it. The projection is what the source is asked for. */
const plan = Effect.fnUntraced(function* (config: Config, run: Run.Run) {
  yield* io(() => readdir(config.folder))
  const projection = Projection.asIs("jsonl", run.model)
  return { projection, target: `folder ${config.folder}`, create: [], missing: [run.window], notices: [] }
})

const open = Effect.fn("open")(function* (
  config: Config,
  run: Run.Run,
): Effect.fn.Return<Destination.Sink, DestinationError, Scope.Scope> {
  const { missing, notices, projection } = yield* plan(config, run)
  const file = yield* Effect.acquireRelease(
    io(() => openFile(join(config.folder, `${randomUUID()}.jsonl`), "ax")),
    (handle) => Effect.promise(() => handle.close()),
  )
  const limits = { maxBytes: 1_048_576, maxLineBytes: 268_435_456 }
  const write = Effect.fnUntraced(function* ({ bytes }: Destination.Part) {
    const rows = yield* Framing.each(bytes, limits, (batch) => io(() => file.appendFile(batch.bytes)))
    // A success is reported only for what is on the disk.
    yield* io(() => file.sync())
    return { ...Run.emptyStored, received: rows, inserted: rows }
  })
  // A destination that shows nothing before its commit publishes here, and declares the visibility "window".
  return yield* Destination.inOrder({ projection, missing, notices, write, commit: DateTime.now })
})

export default Destination.define<Config>({
  name: "minimal",
  title: "Minimal",
  description: "Exports data to JSON Lines files in a folder.",
  Config,
  capabilities: {
    encodings: ["jsonl"],
    types: FieldType.tags,
    identities: ["Append"],
    modes: ["once"],
    visibility: "batch",
    ledger: "none",
    target: "stream",
  },
  check,
  plan,
  ledger: () => Stream.empty,
  open,
})
