/** `batch-exports start` as a child process, and its state database as the test sees it. */
import { DatabaseSync } from "node:sqlite"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { fromRow, isFinished, type Row, type Run } from "../../src/store/Run.ts"

export const runsOf = (folder: string): ReadonlyArray<Run> => {
  const file = join(folder, "state.sqlite")
  if (!existsSync(file)) return []
  const database = new DatabaseSync(file, { timeout: 5_000 })
  try {
    const there = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'runs'").all().length > 0
    return there
      ? (database.prepare("SELECT * FROM runs ORDER BY window_start").all() as unknown as Array<Row>).map(fromRow)
      : []
  } finally {
    database.close()
  }
}

export const query = (folder: string, sql: string): ReadonlyArray<Row> => {
  const database = new DatabaseSync(join(folder, "state.sqlite"), { timeout: 5_000 })
  try {
    return database.prepare(sql).all() as unknown as ReadonlyArray<Row>
  } finally {
    database.close()
  }
}

interface Child {
  readonly exitCode: number | null
  readonly signalCode: string | null
}

/** Waits until the runs say so; a runner that ends before is an error. */
export const until = async (
  child: Child,
  folder: string,
  holds: (runs: ReadonlyArray<Run>) => boolean,
): Promise<ReadonlyArray<Run>> => {
  for (;;) {
    const runs = runsOf(folder)
    if (holds(runs)) return runs
    if (child.exitCode !== null || child.signalCode !== null) throw new Error("the runner ended before")
    await sleep(50)
  }
}

export const allFinished = (count: number) => (runs: ReadonlyArray<Run>) =>
  runs.length >= count && runs.every((run) => isFinished(run.state))
