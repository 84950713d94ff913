/** Which figures the report gives, and how they are written. */
import type { Name } from "./contestants/index.ts"
import type { Measurement } from "./measure.ts"
import { pairedRatio, type Summary, summary } from "./statistics.ts"
import type { Result, Round } from "./rounds.ts"

/** Megabytes are of 1,000,000 bytes. */
const MB = 1_000_000

export interface Figure {
  readonly title: string
  readonly of: (measurement: Measurement, result: Result) => number | undefined
  readonly digits: number
}

const per = (value: number | undefined, by: number): number | undefined =>
  value === undefined ? undefined : value / by

/** Without what a long-lived runner does only once. */
const working = ({ seconds, startUp }: Measurement): number => seconds - (startUp?.seconds ?? 0)

const workingCpu = ({ cpu, startUp }: Measurement): number | undefined =>
  cpu.runner === undefined ? undefined : cpu.runner - (startUp?.cpuSeconds ?? 0)

export const speed: ReadonlyArray<Figure> = [
  { title: "wall s", of: ({ seconds }) => seconds, digits: 2 },
  { title: "rows/s", of: ({ rows, seconds }) => rows / seconds, digits: 0 },
  { title: "MB/s", of: ({ seconds }, { copyBytes }) => copyBytes / MB / seconds, digits: 1 },
  { title: "runner CPU s", of: ({ cpu }) => cpu.runner, digits: 2 },
  { title: "ClickHouse CPU s", of: ({ cpu }) => cpu.clickHouse, digits: 2 },
  { title: "Postgres CPU s", of: ({ cpu }) => cpu.postgres, digits: 2 },
]

export const runnerCost: Figure = {
  title: "runner CPU ms/MB",
  of: ({ cpu }, { copyBytes }) => per(cpu.runner, copyBytes / MB / 1_000),
  digits: 2,
}

export const cost: ReadonlyArray<Figure> = [
  { title: "peak memory MB", of: ({ peakBytes }) => per(peakBytes, MB), digits: 0 },
  { title: "WAL MB", of: ({ walBytes }) => walBytes / MB, digits: 0 },
  { title: "sent MB", of: ({ bytes }) => per(bytes, MB), digits: 1 },
  { title: "start-up s", of: ({ startUp }) => startUp?.seconds, digits: 2 },
  runnerCost,
  {
    title: "the same without start-up",
    of: (measurement, { copyBytes }) => per(workingCpu(measurement), copyBytes / MB / 1_000),
    digits: 2,
  },
]

export const of = (result: Result, name: Name, figure: Figure): Summary | undefined =>
  summary(
    result.rounds.flatMap((round) => {
      const measurement = round.get(name)
      const value = measurement === undefined ? undefined : figure.of(measurement, result)
      return value === undefined ? [] : [value]
    }),
  )

const pairs = [
  ["ours-binary", "plain-binary"],
  ["ours-binary", "plain-text"],
  ["ours-text", "plain-text"],
  ["ours-parallel", "plain-text"],
] as const satisfies ReadonlyArray<readonly [Name, Name]>

export interface Ratio {
  readonly above: Name
  readonly below: Name
  readonly wall: Summary
  readonly working: Summary
}

/** Of those pairs of which both took part. */
export const ratios = ({ rounds }: Pick<Result, "rounds">): ReadonlyArray<Ratio> =>
  pairs.flatMap(([above, below]) => {
    const ratio = (of: (measurement: Measurement) => number) => {
      const from = (name: Name) => (round: Round) => {
        const measurement = round.get(name)
        return measurement === undefined ? undefined : of(measurement)
      }
      return pairedRatio(rounds, from(above), from(below))
    }
    const wall = ratio(({ seconds }) => seconds)
    const work = ratio(working)
    return wall === undefined || work === undefined ? [] : [{ above, below, wall, working: work }]
  })

export const peakMemory: Figure = { title: "peak memory", of: ({ peakBytes }) => per(peakBytes, MB), digits: 0 }

export const write = (found: Summary | undefined, digits: number): string => {
  if (found === undefined) return "–"
  const [median, min, max] = [found.median, found.min, found.max].map((value) =>
    value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits }),
  )
  return min === max ? `${median}` : `${median} (${min}–${max})`
}
