/** What the demo leaves running: a runner over its servers, and the console. */
import type { Demo } from "@batch-exports/demo"
import { Console, ConfigProvider, DateTime, Effect, FileSystem, Logger, Path, Ref, Result } from "effect"
import { randomBytes } from "node:crypto"
import * as Config from "../config/Config.ts"
import { Listening } from "../http/Listening.ts"
import { builtIn } from "../plugins.ts"
import * as Runner from "../runner/Runner.ts"
import { variable } from "../store/Secrets.ts"
import * as Place from "../store/Place.ts"
import { failed } from "./failure.ts"

/** Exports the same hours again, to a table of its own, so that there is something to look at. */
const EXPORT = "events every hour"

const USUAL_PORT = 9464

export const serveConsole = Effect.fn("demoConsole")(function* (world: Demo, keep: string | undefined) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const folder =
    keep === undefined
      ? yield* fs.makeTempDirectoryScoped({ prefix: "batch-exports-demo-state-" })
      : path.join(keep, "state")
  const key = yield* secretKey(folder)
  const start = world.windows[0]?.start
  const settings = (port: number) => ({
    runner: { listen: `127.0.0.1:${port}` },
    sources: { demo: world.source },
    destinations: { demo: world.destination },
    exports: {
      [EXPORT]: {
        model: { name: "events", teamId: "all" },
        destination: { use: "demo", table: "events_every_hour" },
        schedule: { every: "hour", ...(start === undefined ? {} : { startAt: DateTime.formatIso(start) }) },
      },
    },
  })
  const serve = (port: number) =>
    Effect.gen(function* () {
      const configuration = Config.decode(settings(port), builtIn)
      if (Result.isFailure(configuration)) return yield* Effect.die(configuration.failure)
      return yield* told(world).pipe(
        Effect.ensuring(Runner.stop(0)),
        Effect.provide(Runner.layer(configuration.success, Place.folder(folder))),
        // What it does is seen in the console.
        Effect.provide(Logger.layer([])),
      )
    })
  yield* serve(USUAL_PORT).pipe(
    // Somebody else's: then any.
    Effect.catchTag("ServeError", () => serve(0)),
    Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromUnknown({ [variable]: key })),
    Effect.catchTag("GuessableToken", ({ message }) => failed(message, "Set a longer one, or none.")),
    Effect.catch((error) =>
      failed(`the console cannot be shown: ${error.message}`, "Close what uses its folder or its port, and try again."),
    ),
  )
})

/** Kept with the data; without `--keep`, as short-lived as that. */
const secretKey = Effect.fnUntraced(function* (folder: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const file = path.join(folder, "secret.key")
  yield* fs.makeDirectory(folder, { recursive: true, mode: 0o700 })
  if (yield* fs.exists(file)) return (yield* fs.readFileString(file)).trim()
  const key = process.env[variable] ?? randomBytes(32).toString("base64")
  yield* fs.writeFileString(file, `${key}\n`, { mode: 0o600 })
  return key
})

const told = Effect.fnUntraced(function* ({ destination }: Demo) {
  const address = yield* Ref.get(yield* Listening)
  const { database, host, password, port, schema, user } = destination
  yield* Console.error(
    [
      "",
      `The console is at ${address}`,
      "  A new destination there can use these servers:",
      `  user ${String(user)}, password ${String(password)}, host ${String(host)}, port ${String(port)}, database ${String(database)}, schema ${String(schema)}, certificate self-signed`,
      "Ctrl-C ends everything.",
    ].join("\n"),
  )
  return yield* Effect.never
})
