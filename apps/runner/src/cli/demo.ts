/** `batch-exports demo`: real events through a real ClickHouse and a real Postgres, and proof that both sides agree. */
import { Console, Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { randomUUID } from "node:crypto"
import { Window } from "@batch-exports/core"
import * as Config from "../config/Config.ts"
import { ConfigFileError } from "../config/load.ts"
import { builtIn } from "../plugins.ts"
import { runExport } from "../runExport.ts"
import { CommandFailed, failed, reported, usage } from "./failure.ts"
import * as DemoReport from "./demoReport.ts"
import * as Flags from "./flags.ts"
import * as Progress from "./progress.ts"
import { onRetry } from "./run.ts"

export const demo = Command.make(
  "demo",
  {
    once: Flag.Boolean("once").pipe(
      Flag.withDescription("Stop after the export: exit 0 when both sides agree, 1 when they do not"),
      Flag.withDefault(false),
    ),
    json: Flags.json,
    keep: Flag.String("keep").pipe(
      Flag.withMetavar("dir"),
      Flag.withDescription("Keep the data in this folder, and use it again the next time"),
      Flag.optional,
    ),
    windows: Flag.Int("windows").pipe(
      Flag.withDescription("How many hours to export (default: 6)"),
      Flag.withDefault(6),
    ),
    rows: Flag.Int("rows").pipe(
      Flag.withDescription("How many events to make (default: 60000)"),
      Flag.withDefault(60_000),
    ),
  },
  Effect.fn("demo")(function* (flags) {
    if (flags.windows < 1 || flags.rows < 1) return yield* usage("--windows and --rows must be at least 1", flags.json)
    yield* Console.error("demo data, temporary servers; for yours: batch-exports init")
    yield* Effect.scoped(show({ ...flags, keep: Option.getOrUndefined(flags.keep) }))
  }),
).pipe(Command.withDescription("Show a whole export on temporary servers, and compare both sides"))

interface Options {
  readonly once: boolean
  readonly json: boolean
  readonly keep: string | undefined
  readonly windows: number
  readonly rows: number
}

/** Not a name that a real export would have: on servers of the user's own, its ledger is not to be touched. */
const EXPORT = "batch-exports-demo"

const atPath = ({ message, path }: { readonly message: string; readonly path: ReadonlyArray<string | number> }) => ({
  message,
  path: path.join("."),
})

const show = Effect.fnUntraced(function* (options: Options) {
  const { json } = options
  const { make } = yield* Effect.tryPromise({
    // Not a dependency of the published runner: its servers are half a gigabyte.
    try: () => import("@batch-exports/demo"),
    catch: () => new CommandFailed("no demo", 2),
  }).pipe(Effect.catch(() => usage("the demo needs a clone of the repository; run ./batch-exports demo there", json)))
  const { keep, ...shape } = options
  const world = yield* make({
    ...shape,
    ...(keep === undefined ? {} : { keep }),
    say: (what) => Console.error(`${what} ...`),
  }).pipe(Effect.catch((error) => failed(error.message, error.remedy, json)))

  const settings = {
    sources: { demo: world.source },
    destinations: { demo: world.destination },
    exports: { [EXPORT]: { model: { name: "events", teamId: "all" }, destination: "demo" } },
  }
  const definition = yield* Effect.fromResult(Config.decode(settings, builtIn)).pipe(
    Effect.map(({ exports }) => exports.get(EXPORT)),
    Effect.catch((error) =>
      reported(new ConfigFileError({ file: "the demo", problems: error.problems.map(atPath) }), json),
    ),
  )
  if (definition === undefined) return yield* Effect.die("the demo's configuration lacks its export")

  const runs = yield* Effect.forEach(world.windows, (window) =>
    exportOne(definition, window, options).pipe(Effect.catch((error) => reported(error, options.json))),
  )
  yield* Console.error("comparing both sides, record by record ...")
  const comparison = yield* world.compare.pipe(Effect.catch((error) => failed(error.message, error.remedy, json)))
  const report = DemoReport.make(runs, comparison)
  yield* Console.log(options.json ? JSON.stringify(report) : DemoReport.describe(report))

  if (!options.once) {
    yield* Console.error(`\nPostgres is up:\n  psql "${world.url}" -c "SELECT * FROM ${world.table} LIMIT 5"`)
    // Only here: a runner and its console are much to load.
    const { serveConsole } = yield* Effect.promise(() => import("./demoConsole.ts"))
    return yield* serveConsole(world, keep)
  }
  if (!report.equal) return yield* Effect.fail(new CommandFailed("the two sides differ", 1))
})

const exportOne = Effect.fnUntraced(function* (definition: Config.Export, window: Window.Window, options: Options) {
  const progress = yield* Progress.make(Window.format(window), { enabled: !options.json })
  const finished = yield* runExport({
    export: definition,
    window,
    runId: randomUUID(),
    onProgress: ({ bytes }) => progress.update(bytes),
    onRetry,
  })
  return { window, finished }
}, Effect.scoped)
