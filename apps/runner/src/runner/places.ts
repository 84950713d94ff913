/** How many runs may be under way at once: in all, for each destination, and for each export or backfill. Pure. */
import type { Run } from "../store/Run.ts"
import type { Occupied } from "../store/Runs.ts"

type Candidate = Pick<Run, "export" | "destination" | "origin" | "backfillId">

export interface Limits {
  readonly total: number
  readonly perDestination: number
  readonly ofRun: (run: Candidate) => number
}

export class Places {
  #total = 0
  readonly #taken = new Map<string, number>()
  readonly #limits: Limits

  constructor(occupied: ReadonlyArray<Occupied>, limits: Limits) {
    this.#limits = limits
    for (const group of occupied) this.#add(group, group.runs)
  }

  /** Takes a place when one is free. */
  take(run: Candidate): boolean {
    const { ofRun, perDestination, total } = this.#limits
    const [destination, own] = keys(run)
    if (this.#total >= total || this.#of(destination) >= perDestination || this.#of(own) >= ofRun(run)) return false
    this.#add(run, 1)
    return true
  }

  #of(key: string): number {
    return this.#taken.get(key) ?? 0
  }

  #add(run: Candidate, runs: number): void {
    this.#total += runs
    for (const key of keys(run)) this.#taken.set(key, this.#of(key) + runs)
  }
}

const keys = (run: Candidate): readonly [string, string] => [
  `destination ${run.destination}`,
  run.backfillId === null ? `export ${run.export}` : `backfill ${run.backfillId}`,
]
