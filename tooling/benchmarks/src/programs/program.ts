/** A child process that loads one window: its task comes by standard input, what it did goes to standard output. */
import { text } from "node:stream/consumers"

export interface Loaded {
  readonly bytes?: number
  readonly encoding?: string
}

/** `load` begins after everything is imported, as in a runner that has been up for days. */
export const program = async (load: (task: never) => Promise<Loaded>): Promise<void> => {
  const task = JSON.parse(await text(process.stdin)) as never
  const { system, user } = process.cpuUsage()
  const startUp = { seconds: performance.now() / 1_000, cpuSeconds: (system + user) / 1_000_000 }
  try {
    process.stdout.write(JSON.stringify({ ...(await load(task)), startUp }))
  } catch (error) {
    process.stderr.write(error instanceof Error ? error.message : String(error))
    // At once: a connection left open would keep the process alive.
    process.exit(1)
  }
}
