/**
 * Random histories of accounts, and what must come of them. The oracle knows nothing of version groups: a record is what was
 * true at one moment, so the target must show the latest moment that was delivered, whatever the order; and of the score,
 * which has versions of its own, the greatest.
 */
import type { Row } from "../../encoders/index.ts"
import type { Random } from "../../generate/Random.ts"
import { account } from "./accounts.ts"

interface Moment {
  readonly at: number
  readonly owner: readonly [string | null, number]
  readonly profile: readonly [string | null, number]
}

interface Delivered {
  readonly moment: Moment
  readonly score: number
}

const owners = ["ann", "bob", "cleo", null] as const

/** What was true of one handle, moment by moment. Whoever owns it, profiles go on changing. */
const timeline = (choose: Random, length: number): ReadonlyArray<Moment> => {
  const profiles = new Map(owners.map((owner) => [owner as string | null, 1 + choose.int(40)]))
  let owner: readonly [string | null, number] = [choose.pick(owners), 1]
  return Array.from({ length }, (_, at) => {
    if (choose.bool(0.35)) owner = [choose.pick(owners), owner[1] + 1 + choose.int(3)]
    const changed = choose.pick(owners)
    if (choose.bool()) profiles.set(changed, (profiles.get(changed) ?? 0) + 1)
    const version = profiles.get(owner[0]) ?? 0
    const profile = version % 5 === 0 ? null : `${owner[0] ?? "nobody"} ${version}`
    return { at, owner, profile: [profile, version] }
  })
}

const rowOf = (index: number, { moment, score }: Delivered): Row =>
  account({
    team: index % 3,
    handle: `h${index}`,
    owner: moment.owner,
    profile: moment.profile,
    score: [score % 7 === 0 ? null : score * 10, score],
  })

export interface Run {
  readonly records: ReadonlyArray<Row>
  /** The target after the run. */
  readonly rows: ReadonlyArray<Row>
  readonly inserted: number
  readonly updated: number
}

/** Runs in which each of `handles` comes up to three times, with moments old and new, some of them again and again. */
export const histories = (choose: Random, handles: number, runs: number): ReadonlyArray<Run> => {
  const lines = Array.from({ length: handles }, () => timeline(choose, 8))
  const state = new Map<number, Delivered>()
  return Array.from({ length: runs }, (): Run => {
    let [inserted, updated] = [0, 0]
    const records = lines.flatMap((line, index) => {
      const delivered = Array.from({ length: choose.int(4) }, (): Delivered => ({
        moment: choose.pick(line),
        score: 1 + choose.int(9),
      }))
      if (delivered.length === 0) return []
      const before = state.get(index)
      const after = latest([...(before === undefined ? [] : [before]), ...delivered])
      state.set(index, after)
      if (before === undefined) inserted += 1
      else if (!isSame(rowOf(index, before), rowOf(index, after))) updated += 1
      return delivered.map((each) => rowOf(index, each))
    })
    const rows = [...state].map(([index, delivered]) => rowOf(index, delivered))
    return { records: choose.shuffle(records), rows, inserted, updated }
  })
}

const latest = (all: ReadonlyArray<Delivered>): Delivered => ({
  moment: all.map(({ moment }) => moment).reduce((a, b) => (b.at > a.at ? b : a)),
  score: Math.max(...all.map(({ score }) => score)),
})

const isSame = (a: Row, b: Row): boolean => Object.keys(a).every((name) => a[name] === b[name])
