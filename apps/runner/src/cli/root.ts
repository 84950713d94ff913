/** All commands, as one. Where one is asked for, it alone is loaded: most need a small part of the program. */
import { Command } from "effect/cli"

/** By the words that they are called with. */
const commands = {
  demo: async () => (await import("./demo.ts")).demo,
  init: async () => (await import("./init.ts")).init,
  check: async () => (await import("./check.ts")).check,
  plan: async () => (await import("./plan.ts")).plan,
  peek: async () => (await import("./peek.ts")).peek,
  run: async () => (await import("./run.ts")).run,
  start: async () => (await import("./start.ts")).start,
  runners: async () => (await import("./runners.ts")).runners,
  status: async () => (await import("./status.ts")).status,
  runs: async () => (await import("./runs.ts")).runs,
  logs: async () => (await import("./logs.ts")).logs,
  pause: async () => (await import("./control.ts")).pause,
  resume: async () => (await import("./control.ts")).resume,
  retry: async () => (await import("./control.ts")).retry,
  cancel: async () => (await import("./control.ts")).cancel,
  backfill: async () => (await import("./backfill.ts")).backfill,
  verify: async () => (await import("./verify.ts")).verify,
  repair: async () => (await import("./repair.ts")).repair,
  ledger: async () => (await import("./ledger.ts")).ledger,
  state: async () => (await import("./stateMove.ts")).state,
  models: async () => (await import("./describe.ts")).models,
  destinations: async () => (await import("./describe.ts")).destinations,
  schema: async () => (await import("./init.ts")).schema,
}

type Name = keyof typeof commands

const isName = (word: string): word is Name => Object.hasOwn(commands, word)

const REFERENCE = "Reference"

/** As the help shows them. */
const groups: ReadonlyArray<{ readonly group: string; readonly names: ReadonlyArray<Name> }> = [
  { group: "First steps", names: ["demo", "init", "check", "plan", "peek", "run"] },
  { group: "The runner", names: ["start", "runners", "status", "runs", "logs"] },
  {
    group: "Control",
    names: ["pause", "resume", "retry", "cancel", "backfill", "verify", "repair", "ledger", "state"],
  },
  { group: REFERENCE, names: ["models", "destinations", "schema"] },
]

const named = Command.make("batch-exports").pipe(
  Command.withDescription("Move analytics data from ClickHouse into Postgres, exactly once"),
)

const load = async (name: Name) => commands[name]()

const grouped = () =>
  Promise.all(groups.map(async ({ group, names }) => ({ group, commands: await Promise.all(names.map(load)) })))

/** Of all commands but itself. */
const completions = async () =>
  (await import("./completions.ts")).completions(async () => Command.withSubcommands(named, await grouped()))

/** The command line for these words. Where no command comes first, they ask for the help of all, or for what there is not. */
export const root = async ([first]: ReadonlyArray<string>) => {
  if (first !== undefined && isName(first)) return Command.withSubcommands(named, [await load(first)])
  const last = await completions()
  if (first === last.name) return Command.withSubcommands(named, [last])
  const all = (await grouped()).map(({ commands: members, group }) => ({
    group,
    commands: group === REFERENCE ? [...members, last] : members,
  }))
  return Command.withSubcommands(named, all)
}
