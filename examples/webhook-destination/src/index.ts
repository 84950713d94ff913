/**
 * Posts records to a URL, in batches of whole lines. The receiver keeps no ledger that we could read, so a repeated run posts
 * its records again; a batch that is the same has the same idempotency key, by which the receiver may drop it.
 */
import { type CheckStep, Destination, type DestinationError, FieldType, Framing, Projection } from "@batch-exports/core"
import { Run, Window } from "@batch-exports/core"
import { DateTime, Effect, type Scope, Stream } from "effect"
import { createHash } from "node:crypto"
import { Config } from "./Config.ts"
import { post, reach } from "./request.ts"

const check = (config: Config): Stream.Stream<CheckStep> => {
  const step = { id: "reach", title: "The receiver answers", durationMillis: 0 }
  return Stream.fromEffect(
    Effect.match(reach(config), {
      onSuccess: (): CheckStep => ({ ...step, status: "passed" }),
      onFailure: ({ message, remedy }): CheckStep => ({ ...step, status: "failed", detail: message, remedy }),
    }),
  )
}

/** Credentials and queries stay out of what people see. */
const describe = ({ url }: Config): string => new URL(url).origin + new URL(url).pathname

const plan = Effect.fnUntraced(function* (config: Config, run: Run.Run) {
  yield* reach(config)
  const projection = Projection.asIs("jsonl", run.model)
  return { projection, target: describe(config), create: [], missing: [run.window], notices: [] }
})

const open = Effect.fn("open")(function* (
  config: Config,
  run: Run.Run,
): Effect.fn.Return<Destination.Sink, DestinationError, Scope.Scope> {
  const { missing, notices, projection } = yield* plan(config, run)
  const limits = { maxBytes: config.maxBytes, maxRows: config.maxRows, maxLineBytes: 268_435_456 }
  let batches = 0
  const write = ({ bytes, window }: Destination.Part) =>
    Framing.each(bytes, limits, (batch) =>
      post(config, headers(run, window, batches++, batch.bytes), batch.bytes),
    ).pipe(Effect.map((rows) => ({ ...Run.emptyStored, received: rows, inserted: rows })))
  return yield* Destination.inOrder({ projection, missing, notices, write, commit: DateTime.now })
})

const headers = (run: Run.Run, window: Window.Window, batch: number, bytes: Uint8Array) => ({
  "content-type": "application/x-ndjson",
  "idempotency-key": createHash("sha256")
    .update(JSON.stringify([run.export, Window.format(window), batch]))
    .update(bytes)
    .digest("hex"),
  "batch-exports-export": encodeURIComponent(run.export),
  "batch-exports-window": Window.format(window),
})

export default Destination.define<Config>({
  name: "webhook",
  title: "Webhook",
  description: "Posts data to a URL, in batches of records.",
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
