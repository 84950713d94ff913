/** The report, in Markdown for people and as plain data for programs. */
import type { Contestant } from "./contestants/index.ts"
import * as Figures from "./figures.ts"
import { table } from "./markdown.ts"
import * as Proc from "./proc.ts"
import type { Origin, Result } from "./rounds.ts"
import { describe } from "./scenarios.ts"
import { settings } from "./servers.ts"
import * as Verdict from "./verdict.ts"

export interface Report {
  readonly contestants: ReadonlyArray<Contestant>
  readonly results: ReadonlyArray<Result>
}

/** Of those among `known` who took part. */
export const of = (results: ReadonlyArray<Result>, known: ReadonlyArray<Contestant>): Report => {
  const took = new Set(results.flatMap(({ contestants }) => contestants.map(({ name }) => name)))
  return { contestants: known.filter(({ name }) => took.has(name)), results }
}

export const markdown = (report: Report): string => {
  const newest = report.results.map(({ origin }) => origin).toSorted((a, b) => b.at.getTime() - a.at.getTime())[0]
  return [
    "# Benchmarks",
    "What it costs to move events from ClickHouse to Postgres with this export, beside plain pipes and naive code: on one machine, in the same run.",
    [
      ...(newest === undefined ? [] : about(newest)),
      ...(Proc.available ? [] : ["- CPU and memory are read from Linux's /proc, which this system does not have."]),
    ].join("\n"),
    ...report.results.map((result) => section(result, newest)),
    ...memory(report.results),
    ...goals(report.results),
    "## Contestants",
    report.contestants
      .map(
        ({ note, title, unavailable }) =>
          `- **${title}**${unavailable === undefined ? "" : ` (not available: ${unavailable})`}: ${note}`,
      )
      .join("\n"),
    "## Method",
    method(newest?.tls === true),
  ]
    .join("\n\n")
    .concat("\n")
}

const about = ({ at, command, machine, tls }: Origin): ReadonlyArray<string> => [
  `- **Command**: \`${command}\``,
  `- **Date**: ${dayOf(at)}`,
  `- **Machine**: ${machine.cpu}, ${machine.cores} cores, ${(machine.memoryBytes / 2 ** 30).toFixed(0)} GiB, ${machine.system}`,
  `- **Versions**: Node ${machine.node}, ClickHouse ${machine.clickHouse}, Postgres ${machine.postgres}`,
  `- **Connections**: loopback, ${tls ? "TLS to Postgres for all" : "no TLS for anyone"}`,
]

const dayOf = (at: Date): string => at.toISOString().slice(0, 10)

/** Where a size was not measured with the newest one: on which day, and what was different. */
const elsewhere = (origin: Origin, newest: Origin | undefined): ReadonlyArray<string> => {
  const said = newest === undefined ? [] : about(newest)
  const different = about(origin).filter((line) => !said.includes(line) && !line.startsWith("- **Command**"))
  return different.length === 0 ? [] : [different.join("\n")]
}

const section = (result: Result, newest: Origin | undefined): string => {
  const { contestants, copyBytes, failures, rounds, scenario } = result
  const figures = (wanted: ReadonlyArray<Figures.Figure>) =>
    table(
      ["", ...wanted.map(({ title }) => title)],
      contestants.map(({ name, title }) => [
        title,
        ...wanted.map((figure) => Figures.write(Figures.of(result, name, figure), figure.digits)),
      ]),
    )
  const titleOf = (name: string) => contestants.find((contestant) => contestant.name === name)?.title ?? name
  const ratios = Figures.ratios(result)
  return [
    `## ${describe(scenario)}`,
    `${(copyBytes / scenario.rows).toFixed(0)} bytes a row and ${(copyBytes / 1e6).toFixed(1)} MB in all, as COPY text. Median (min–max) of ${rounds.length === 1 ? "one round" : `${rounds.length} rounds`}${few(result)}.`,
    ...elsewhere(result.origin, newest),
    ...(failures.length === 0 ? [] : [failures.map((failure) => `- **${failure}**`).join("\n")]),
    figures(Figures.speed),
    figures(Figures.cost),
    ...(ratios.length === 0
      ? []
      : [
          table(
            ["wall time, by round", "whole process", "without start-up"],
            ratios.map(({ above, below, wall, working }) => [
              `${titleOf(above)} ÷ ${titleOf(below)}`,
              Figures.write(wall, 2),
              Figures.write(working, 2),
            ]),
          ),
        ]),
  ].join("\n\n")
}

/** Slow ones do not take part in all rounds. */
const few = ({ contestants, rounds }: Result): string => {
  const fewer = contestants.filter(({ mostRounds = Infinity }) => mostRounds < rounds.length)
  return fewer.length === 0 ? "" : `; of ${fewer[0]?.mostRounds} for ${fewer.map(({ title }) => title).join("; ")}`
}

/** Whether memory grows with the number of rows: wherever one width was measured in two sizes. */
const memory = (results: ReadonlyArray<Result>): ReadonlyArray<string> => {
  const lines = results.flatMap((small, index) =>
    results
      .slice(index + 1)
      .filter((large) => large.scenario.width === small.scenario.width)
      .flatMap((large) =>
        small.contestants
          .filter(({ name }) => large.contestants.some((other) => other.name === name))
          .map(({ name, title }) => [
            `${small.scenario.width}: ${title}`,
            ...[small, large].map(
              (result) =>
                `${Figures.write(Figures.of(result, name, Figures.peakMemory), 0)} at ${result.scenario.rows.toLocaleString("en-US")}`,
            ),
          ]),
      ),
  )
  return lines.length === 0 ? [] : ["## Peak memory by size", table(["MB, at rows", "fewer rows", "more rows"], lines)]
}

const goals = (results: ReadonlyArray<Result>): ReadonlyArray<string> => {
  const found = Verdict.judged(results)
  return found.length === 0
    ? []
    : [
        "## What is aimed at",
        table(
          ["typical events", "measured", "at most"],
          found.map(({ measured, most, unit, what }) => [what, `${measured.toFixed(2)}${unit}`, `${most}${unit}`]),
        ),
      ]
}

const method = (tls: boolean): string =>
  [
    "All contestants load the same events, made by SQL, of one hour of ingestion time, into a fresh table of exactly the columns that an export creates, as a user with the documented privileges. Nothing is left to merge in ClickHouse; a CHECKPOINT precedes each load; the rows are counted after it, and a wrong count voids the round, which is then repeated.\n",
    "Everyone loads once to warm up, and the tables must then be equal, row for row; once that is proven for events of a width, one of them warms up for the next size. In the rounds that follow, each contestant loads once; every round begins with another one. Ratios are taken within a round and then summarised, since a machine is fast in one minute and slow in the next.\n",
    `- **wall**: from before the program starts until its processes are gone. **start-up**: what Node needs before the first connection, mostly to load and compile the program; a runner does that once, not once a window.`,
    "- **MB**: millions of bytes of the window as COPY text, for every contestant, whatever it sends itself (**sent**).",
    "- **CPU**: user and system time. **runner** is the contestant's own processes; **ClickHouse** the engine's process; **Postgres** the server with all its processes, read once the server has seen its backends end.",
    "- **peak memory**: the highest resident set (`VmHWM`, read every 0.1 s), summed over the contestant's processes. CPU and memory come from `/proc`, so from Linux only.",
    `- Postgres runs with ${Object.entries(settings)
      .map(([name, value]) => `\`${name} = ${value}\``)
      .join(", ")}${tls ? ", `ssl = on`" : ""}.`,
    "- The plain pipes trust the data and prove nothing: a truncated answer or an odd value would go unnoticed or stop them. Compare with them to see what exactly-once delivery costs.",
    "- The embedded ClickHouse writes its answers in one thread, behind a small HTTP front. Its speed says little of a real server's; it is the same for all contestants.",
  ].join("\n")

export const json = ({ contestants, results }: Report): string =>
  JSON.stringify(
    {
      contestants: contestants.map(({ name, note, title, unavailable }) => ({ name, title, note, unavailable })),
      results: results.map((result) => ({
        ...result,
        contestants: result.contestants.map(({ name }) => name),
        rounds: result.rounds.map((round) => [...round.values()]),
        ratios: Figures.ratios(result),
      })),
    },
    undefined,
    2,
  )
