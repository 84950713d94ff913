/** What the author of a destination reads when a law is broken: the law, what was expected, what was seen, and what to do. */
import type { Destination } from "@batch-exports/core"
import { Run } from "@batch-exports/core"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Exit, Struct } from "effect"
import { laws } from "../src/laws/index.ts"
import { honest as honestParts, MemoryDestination, MemoryHarness, type Parts, weak } from "../src/memory/index.ts"
import { runLaw } from "../src/runLaw.ts"
import { configured, sabotage, saboteurs } from "../src/saboteurs/index.ts"

const honest = MemoryDestination.make()

/** Takes everything, and does nothing with it. */
const idle = configured(() => ({
  open: (run) =>
    Effect.succeed({
      projection: {
        encoding: "jsonl",
        columns: [{ field: run.model.schema.fields[0], as: { _tag: "Text" }, targetType: "text", unfit: "nearest" }],
        leftOut: [],
      },
      missing: [run.window],
      notices: [],
      write: () => Effect.succeed(Run.emptyStored),
      commit: () => Effect.map(DateTime.now, (committedAt) => ({ stored: Run.emptyStored, committedAt })),
    }),
}))(honest)

const messages = Effect.fnUntraced(function* (
  plugin: Destination.Plugin,
  names: ReadonlyArray<string>,
  parts = honestParts,
) {
  const told: Array<string> = []
  for (const law of laws.filter(({ name }) => names.includes(name))) {
    const form = law.when(plugin.capabilities)?.form ?? "holds"
    const alone = `npx vitest run -t "${law.name}"`
    const exit = yield* Effect.exit(
      runLaw(law, { plugin, harness: MemoryHarness.make({ parts }), form, seed: "1", alone }),
    )
    if (Exit.isSuccess(exit)) continue
    const [reason] = exit.cause.reasons
    told.push(reason?._tag === "Fail" ? reason.error.message : String(exit.cause))
  }
  return told
})

const headings = ["the law:", "expected:", "seen:", "to mend:", "alone:"]

describe("a broken law says what to mend", () => {
  it.live.each<{
    what: string
    plugin: Destination.Plugin
    parts?: Parts
    law: string
    says: ReadonlyArray<string>
  }>([
    {
      what: "does nothing",
      plugin: idle,
      law: "append/any-chunking",
      says: ["the destination did not read the bytes to their end", "Chunks end anywhere"],
    },
    {
      what: "drops the last chunk",
      plugin:
        sabotage(saboteurs.find(({ name }) => name === "drops-the-last-chunk") ?? saboteurs[0]!)?.plugin ?? honest,
      law: "append/any-chunking",
      says: [
        "an export in chunks of 1 bytes succeeds",
        "flush it at the end",
        'npx vitest run -t "append/any-chunking"',
      ],
    },
    {
      what: "lies about its ledger",
      plugin: MemoryDestination.make({ parts: weak }),
      parts: weak,
      law: "replay/committed-window",
      says: ["nothing is missing after a commit", "Write the ledger's row in the transaction of the data"],
    },
    {
      what: "lies about what readers see",
      plugin: MemoryDestination.make({ capabilities: { visibility: "batch" } }),
      law: "atomicity/all-or-nothing",
      says: ["rows that are visible before `commit`", 'declare `visibility: "window"`'],
    },
  ])("of one that $what", ({ law, parts: broken, plugin, says }) =>
    Effect.gen(function* () {
      const [message] = yield* messages(plugin, [law], broken)
      for (const part of [law, ...headings, ...says]) assert.include(message, part)
    }),
  )

  it.live.each(["atomicity/cut-while-writing", "atomicity/cut-while-committing", "bounds/backpressure"])(
    "%s: a network that the harness does not name is no way out",
    (name) =>
      Effect.gen(function* () {
        const reached = MemoryHarness.make()
        const fresh = Effect.map(reached.fresh, (target) => Struct.omit(target, ["network"]))
        const law = laws.find((one) => one.name === name) ?? laws[0]!
        const options = { plugin: honest, form: "holds", seed: "1", alone: "" } as const
        const { message } = yield* Effect.flip(runLaw(law, { ...options, harness: { ...reached, fresh } }))
        for (const part of [name, "TCP connections of its own", "Give `Target.network`"]) assert.include(message, part)
      }),
  )

  it.live("a destination that does nothing breaks most laws", () =>
    Effect.gen(function* () {
      const names = laws
        .map(({ name }) => name)
        .filter((name) => /^(append|replay|telemetry|lifecycle\/order)/.test(name))
      assert.lengthOf(yield* messages(idle, names), names.length)
    }),
  )
})
