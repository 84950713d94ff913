/** A program that loads each of these configuration files, with plain Node's imports, and prints what came of it as JSON. */
import { NodeServices } from "@effect/platform-node"
import { builtIn, load } from "batch-exports"
import { Effect } from "effect"

const outcomes = await Effect.runPromise(
  Effect.forEach(process.argv.slice(2), (file) =>
    Effect.match(load(file, builtIn), {
      onSuccess: ({ exports }) => exports.get("events")?.destination.plugin.title ?? "",
      onFailure: (error) => error.message.replaceAll(file, "c.yaml"),
    }),
  ).pipe(Effect.provide(NodeServices.layer)),
)
process.stdout.write(JSON.stringify(outcomes))
