/** Results kept in files, one for each size of events, so that a benchmark of hours can be measured in parts. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Contestant, Name } from "./contestants/index.ts"
import type { Measurement } from "./measure.ts"
import type { Result } from "./rounds.ts"
import type { Scenario } from "./scenarios.ts"

interface Kept {
  readonly copyBytes: number
  readonly contestants: ReadonlyArray<Name>
  readonly rounds: ReadonlyArray<ReadonlyArray<Measurement>>
  readonly failures: ReadonlyArray<string>
}

const fileOf = (folder: string, { rows, width }: Scenario) => join(folder, `${width}-${rows}.json`)

export const keep = (folder: string, { contestants, copyBytes, failures, rounds, scenario }: Result): void => {
  const kept: Kept = {
    copyBytes,
    contestants: contestants.map(({ name }) => name),
    rounds: rounds.map((round) => [...round.values()]),
    failures,
  }
  mkdirSync(folder, { recursive: true })
  writeFileSync(fileOf(folder, scenario), JSON.stringify(kept))
}

/** Undefined where it has to be measured: others took part, or in fewer rounds, or something went wrong. */
export const find = (
  folder: string,
  scenario: Scenario,
  contestants: ReadonlyArray<Contestant>,
  rounds: number,
): Result | undefined => {
  const file = fileOf(folder, scenario)
  if (!existsSync(file)) return undefined
  const kept = JSON.parse(readFileSync(file, "utf8")) as Kept
  const names = new Set(kept.contestants)
  if (kept.failures.length > 0 || kept.rounds.length < rounds) return undefined
  if (names.size !== contestants.length || contestants.some(({ name }) => !names.has(name))) return undefined
  return {
    scenario,
    copyBytes: kept.copyBytes,
    contestants,
    rounds: kept.rounds.map((round) => new Map(round.map((measurement) => [measurement.contestant, measurement]))),
    failures: [],
  }
}
