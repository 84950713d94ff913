/** `npm run bench`: measures, and prints a report. Progress goes to standard error. */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Effect, Logger, Option, Runtime } from "effect"
import { Command, Flag } from "effect/cli"
import { readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { attempt, BenchmarkError } from "./BenchmarkError.ts"
import { choose, contestants, type Name, names } from "./contestants/index.ts"
import { hasShellTools, shellNote } from "./contestants/shell.ts"
import { machine } from "./machine.ts"
import * as Parts from "./parts.ts"
import * as Proc from "./proc.ts"
import * as Merges from "./merge/report.ts"
import * as Report from "./report.ts"
import { compete } from "./rounds.ts"
import * as Scenarios from "./scenarios.ts"
import * as Servers from "./servers.ts"
import * as Target from "./target.ts"
import * as Verdict from "./verdict.ts"

const boolean = (name: string, description: string) =>
  Flag.Boolean(name).pipe(Flag.withDescription(description), Flag.withDefault(false))

const flags = {
  width: Flag.String("width").pipe(
    Flag.withDescription(`Of the events: ${Scenarios.widths.join(", ")} or all, separated by commas`),
    Flag.withDefault("typical"),
  ),
  rows: Flag.String("rows").pipe(Flag.withDescription("How many events: such as 100k or 100k,1M"), Flag.optional),
  sizes: Flag.String("sizes").pipe(
    Flag.withDescription("In place of --width and --rows: such as typical:100k,wide:30k"),
    Flag.optional,
  ),
  all: boolean("all", "Every width in both of its standard sizes: --sizes all. Takes more than an hour"),
  rounds: Flag.Int("rounds").pipe(
    Flag.withAlias("pairs"),
    Flag.withDescription("How many, after the warm-up; 5 unless given"),
    Flag.optional,
  ),
  only: Flag.String("only").pipe(Flag.withDescription(`Some of: ${names.join(", ")}`), Flag.optional),
  tls: boolean("tls", "Encrypt the connections to Postgres, for all contestants"),
  quick: boolean("quick", "10k rows and 2 rounds, unless --rows or --rounds say otherwise: to see that it works"),
  parts: Flag.String("parts").pipe(
    Flag.withDescription("A folder that keeps each finished size: what is there already is not measured again"),
    Flag.optional,
  ),
  json: boolean("json", "Print the report as JSON"),
  write: boolean("write", "Write these sizes to docs/benchmarks.md too; others stay there as they were measured"),
}

const file = fileURLToPath(new URL("../../../docs/benchmarks.md", import.meta.url))
/** What the page shows. */
const measured = fileURLToPath(new URL("../measured", import.meta.url))

const bench = Command.make(
  "bench",
  flags,
  Effect.fn("bench")(function* (asked) {
    const rows = Option.getOrUndefined(asked.rows) ?? (asked.quick ? "10k" : undefined)
    const sizes = asked.all ? "all" : Option.getOrUndefined(asked.sizes)
    const selected = sizes === undefined ? Scenarios.select({ width: asked.width, rows }) : Scenarios.selectSizes(sizes)
    if ("problem" in selected) return yield* new BenchmarkError({ message: selected.problem })
    const shell = hasShellTools()
    const choice = choose(contestants(shell), Option.getOrUndefined(asked.only))
    if ("problem" in choice) return yield* new BenchmarkError({ message: choice.problem })
    const rounds = Option.getOrElse(asked.rounds, () => (asked.quick ? 2 : 5))
    if (rounds < 1) return yield* new BenchmarkError({ message: "--rounds must be at least 1" })

    if (!shell) yield* Console.error(`plain pipes: ${shellNote(shell)}`)
    if (!Proc.available) yield* Console.error("no CPU and memory figures: they are read from Linux's /proc")
    for (const { title, unavailable } of choice.chosen) {
      if (unavailable !== undefined) yield* Console.error(`${title}: not available (${unavailable})`)
    }
    const present = choice.chosen.filter(({ unavailable }) => unavailable === undefined)
    if (present.length === 0) return yield* new BenchmarkError({ message: "none of these contestants is available" })

    const report = yield* Effect.gen(function* () {
      yield* Console.error("starting ClickHouse and Postgres")
      const servers = yield* Servers.start({ tls: asked.tls })
      const user = yield* Target.makeUser(servers)
      const folder = Option.getOrUndefined(asked.parts)
      const origin = {
        at: new Date(),
        command: ["npm run bench", ...(process.argv.length > 2 ? ["--", ...process.argv.slice(2)] : [])].join(" "),
        tls: asked.tls,
        machine: machine(servers),
      }
      const proven = new Map<Scenarios.Width, ReadonlySet<Name>>()
      const results = yield* Effect.forEach(
        selected.scenarios,
        Effect.fnUntraced(function* (scenario) {
          const found = folder === undefined ? undefined : Parts.find(folder, scenario, present, rounds)
          if (found !== undefined) {
            yield* Console.error(`\n${Scenarios.describe(scenario)}: taken from ${folder}`)
            return found
          }
          const result = yield* compete({
            servers,
            user,
            scenario,
            contestants: present,
            rounds,
            origin,
            proven: proven.get(scenario.width) ?? new Set(),
          })
          proven.set(scenario.width, new Set(result.contestants.map(({ name }) => name)))
          if (folder !== undefined) yield* attempt("keep the result", async () => Parts.keep(folder, result))
          return result
        }),
      )
      const made: Report.Report = { contestants: choice.chosen, results }
      return made
    }).pipe(Effect.scoped)

    for (const line of Verdict.lines(report.results)) yield* Console.error(line)
    yield* Console.log(asked.json ? Report.json(report) : Report.markdown(report))
    if (asked.write) {
      yield* attempt("write the report", async () => {
        for (const result of report.results) Parts.keep(measured, result)
        const page = Report.markdown(Report.of(Parts.readAll(measured, contestants(shell)), contestants(shell)))
        writeFileSync(file, Merges.place(page, Merges.sectionOf(readFileSync(file, "utf8"))))
      })
      yield* Console.error(`written to ${file}`)
    }
    const failures = report.results.flatMap((result) => result.failures)
    if (failures.length > 0) {
      return yield* new BenchmarkError({ message: `not everything was measured:\n  ${failures.join("\n  ")}` })
    }
  }),
).pipe(Command.withDescription("Measure exports beside plain pipes and naive code, on temporary servers"))

/** The message has been printed; what is left is the exit code. */
class Failed extends Error {
  override readonly [Runtime.errorExitCode] = 1
  override readonly [Runtime.errorReported] = false
}

const fail = (message: string) => Effect.andThen(Console.error(message), Effect.fail(new Failed(message)))

Command.run(bench, { version: "0.0.0" }).pipe(
  Effect.catchTags({
    BenchmarkError: ({ message }) => fail(`error: ${message}`),
    DevServiceError: ({ message, remedy }) => fail(`error: ${message}\n  to do   ${remedy}`),
  }),
  Effect.provide(NodeServices.layer),
  Effect.provideService(Logger.LogToStderr, true),
  NodeRuntime.runMain,
)
