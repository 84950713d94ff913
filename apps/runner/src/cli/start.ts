/** `batch-exports start`: the runner itself. Runs until it is told to stop. */
import { Console, Deferred, Effect, Layer, Logger, Queue, Ref } from "effect"
import { Command, Flag } from "effect/cli"
import { FetchHttpClient } from "effect/http"
import { flushCompileCache } from "node:module"
import { setFlagsFromString } from "node:v8"
import { load } from "../config/load.ts"
import { problemOfAddress } from "../config/postAddress.ts"
import { checkedToken, type GuessableToken, isShut, Listening } from "../http/Listening.ts"
import { builtIn } from "../plugins.ts"
import { Definitions } from "../runner/Definitions.ts"
import * as Runner from "../runner/Runner.ts"
import { Self } from "../runner/Self.ts"
import { stopping } from "./exitCode.ts"
import { failed, reported } from "./failure.ts"
import * as Flags from "./flags.ts"
import { placeOf, unusableState } from "./state.ts"

const logFormat = Flag.Literals("log-format", ["pretty", "json"]).pipe(
  Flag.withDescription("How the log is written (default: pretty on a terminal, json otherwise)"),
  Flag.optional,
)

export const start = Command.make(
  "start",
  { config: Flags.config, data: Flags.data, logFormat },
  Effect.fn("start")(function* (flags) {
    yield* frugal
    const asked = yield* hangUps
    const configuration = yield* load(flags.config, builtIn).pipe(Effect.catch((error) => reported(error)))
    const { listen, token } = configuration.runner
    // Before the state is opened.
    if (listen !== undefined) yield* checkedToken(token).pipe(Effect.catch(guessable))
    const collector = process.env[COLLECTOR] ?? ""
    const problem = collector === "" ? undefined : problemOfAddress(collector)
    if (problem !== undefined) {
      return yield* failed(`${COLLECTOR} ${problem}`, "Set it to such as http://collector:4318, or unset it.")
    }
    const place = yield* placeOf(flags)
    const pretty = flags.logFormat._tag === "None" ? process.stderr.isTTY : flags.logFormat.value === "pretty"
    const logger = pretty ? Logger.consolePretty() : Logger.withConsoleError(Logger.formatJson)
    yield* serve(flags.config, asked).pipe(
      Effect.provide(Runner.layer(configuration, place)),
      // In this order: telemetry adds its logger to those that there are.
      Effect.provide(telemetry(collector).pipe(Layer.provideMerge(Logger.layer([logger])))),
      Effect.catchTag("GuessableToken", guessable),
      Effect.catchTag("ServeError", (error) =>
        failed(
          `the address of the console cannot be listened on: ${error.message}`,
          "Set listen under runner, or turn it off.",
        ),
      ),
      unusableState(place),
    )
  }, Effect.scoped),
).pipe(
  Command.withDescription("Run the schedules of all exports until stopped"),
  Command.withExamples([
    {
      command: "batch-exports start",
      description: "Run in the foreground; SIGTERM stops it cleanly, SIGHUP reads the configuration again",
    },
    { command: "batch-exports start --data /var/lib/batch-exports", description: "Keep the state elsewhere" },
  ]),
)

const guessable = ({ message }: GuessableToken) => failed(message, "Make one with: openssl rand -base64 24")

/**
 * By itself V8 lets its heap grow to several times what is alive before it collects, and collects nothing while a runner idles: what
 * 500 exports in one minute left would stay for hours, and be as much again as what is alive. A fifth more than
 * what is alive costs a large window no processor time that could be measured; `--optimize-for-size`, which holds the heap yet
 * smaller, doubles it. A short command is better off without: while modules are loaded, there is nothing to collect.
 */
const frugal = Effect.sync(() => setFlagsFromString("--heap-growing-percent=20"))

const COLLECTOR = "OTEL_EXPORTER_OTLP_ENDPOINT"

/** Traces, metrics and logs go where the environment says, if it does. */
const telemetry = (baseUrl: string) =>
  Layer.unwrap(
    Effect.promise(async () => {
      if (baseUrl === "") return Layer.empty
      const { Otlp } = await import("effect/observability")
      const serviceName = process.env["OTEL_SERVICE_NAME"] ?? "batch-exports"
      return Otlp.layerJson({ baseUrl, resource: { serviceName } }).pipe(Layer.provide(FetchHttpClient.layer))
    }),
  )

const serve = Effect.fnUntraced(function* (file: string, asked: Queue.Dequeue<void>) {
  const { definitions, runner } = yield* Ref.get(yield* Definitions)
  yield* Effect.addFinalizer(() => Runner.stop(runner.grace))
  yield* Effect.addFinalizer(() => Effect.sync(stopping))
  yield* Effect.forkScoped(reloading(file, asked))
  // Node writes its compile cache when a process ends, which one that is killed does not: the next start would compile all anew.
  yield* Effect.forkScoped(Effect.delay(Effect.sync(flushCompileCache), "2 seconds"))
  const scheduled = [...definitions.values()].filter(({ schedule }) => schedule !== undefined)
  yield* Console.error(
    scheduled.length === 0
      ? `No export of ${file} has a schedule: only backfills will run.`
      : `Running ${scheduled.length} of ${definitions.size} exports on schedule.`,
  )
  const address = yield* Ref.get(yield* Listening)
  if (address !== undefined) yield* Effect.logInfo(`console, API, health and metrics on ${address}`)
  if (runner.listen !== undefined && isShut(runner.listen, runner.token)) {
    yield* Effect.logWarning(
      "the console and the API answer nobody: beyond the loopback interface they need a token. Set BATCH_EXPORTS_TOKEN, or token under runner",
    )
  }
  return yield* Deferred.await((yield* Self).refused)
}, Effect.scoped)

/** A configuration that cannot be used changes nothing. */
const reloading = (file: string, asked: Queue.Dequeue<void>) =>
  Queue.take(asked).pipe(
    Effect.andThen(load(file, builtIn)),
    Effect.flatMap((configuration) => Runner.replace(configuration)),
    Effect.andThen(Effect.logInfo(`read ${file} again`)),
    Effect.catch((error) => Effect.logError(`the configuration stays as it was: ${error.message}`)),
    Effect.forever,
  )

/** Heard all the time: one that comes while the process does not listen, such as while it follows another, ends it. */
const hangUps = Effect.gen(function* () {
  const asked = yield* Queue.sliding<void>(1)
  const heard = () => Queue.offerUnsafe(asked, undefined)
  yield* Effect.acquireRelease(
    Effect.sync(() => process.on("SIGHUP", heard)),
    () => Effect.sync(() => process.removeListener("SIGHUP", heard)),
  )
  return asked
})
