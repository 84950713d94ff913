/**
 * Puts each saboteur to the laws and prints which law caught it. `npm run saboteurs -- [--destination postgres]
 * [--only name,name] [--json]`. Exits with 1 when one was missed, was caught by a crash instead of an assertion, or broke a
 * law undeclared. Works in as many processes as there are processors.
 */
import { Harness, laws } from "@batch-exports/conformance"
import {
  applies,
  report,
  sabotage,
  saboteurs,
  type Subject,
  tryAll,
  type Verdict,
} from "@batch-exports/conformance/saboteurs"
import type { Destination } from "@batch-exports/core"
import { Effect, type Layer } from "effect"
import { fork } from "node:child_process"
import { randomInt } from "node:crypto"
import { availableParallelism } from "node:os"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"

const { values } = parseArgs({
  options: {
    destination: { type: "string", default: "memory" },
    only: { type: "string" },
    json: { type: "boolean", default: false },
  },
})
const seed = process.env["SEED"] ?? String(randomInt(1_000_000_000))
const wanted = values.only?.split(",")
const chosen = saboteurs.filter(
  ({ name, parts }) => (wanted?.includes(name) ?? true) && (values.destination === "memory" || parts === undefined),
)

/** By where each destination keeps its plugin and its harness. */
const load = async (name: string) => {
  const folder = new URL(`../packages/${name}-destination/`, import.meta.url)
  const module = (await import(new URL("src/index.ts", folder).href)) as Record<string, unknown>
  const plugin = Object.values(module).find(
    (value): value is Destination.Plugin => typeof value === "object" && value !== null && "configure" in value,
  )
  const harness = (await import(new URL("test/support/harness.ts", folder).href)) as {
    readonly layer: () => Layer.Layer<Harness.Harness>
  }
  if (plugin === undefined) throw new Error(`${folder.href} exports no plugin`)
  return { plugin, layer: harness.layer() }
}

/** What one process does: its share, one saboteur after the other, each verdict at once. */
const work = async (say: (verdict: Verdict) => void) => {
  const all = (other: Subject | undefined) =>
    Effect.forEach(
      chosen,
      (saboteur) => {
        const subject = sabotage(saboteur, other)
        if (subject === undefined) return Effect.void
        // The sets of laws are made for the reference destination. Another one may break more: there, being caught counts.
        const strict = other === undefined
        const asked = strict ? laws : laws.filter(({ name }) => saboteur.breaks.includes(name))
        const trials = Effect.map(tryAll(subject, asked, seed), (all) => report(saboteur, all, strict))
        const none = { saboteur: saboteur.name, does: saboteur.does, caughtBy: [harmless], problems: [] }
        return Effect.map(
          Effect.flatMap(applies(saboteur, subject), (is) => (is ? trials : Effect.succeed(none))),
          say,
        )
      },
      { discard: true },
    )
  if (values.destination === "memory") return Effect.runPromise(all(undefined))
  const { layer, plugin } = await load(values.destination)
  const program = Effect.flatMap(Harness.Harness, (harness) => all({ plugin, harness }))
  return Effect.runPromise(Effect.provide(program, layer))
}

/** In place of a law, where the destination has nothing that this defect could spoil. */
const harmless = "no defect here"

const print = (verdict: Verdict) => {
  if (values.json) return
  const { caughtBy, problems, saboteur } = verdict
  console.log(`${saboteur.padEnd(50)} → ${caughtBy.length === 0 ? "MISSED" : caughtBy.join(", ")}`)
  for (const problem of problems) console.log(`${"".padEnd(50)}   ! ${problem}`)
}

const share = async (names: ReadonlyArray<string>, say: (verdict: Verdict) => void) => {
  const options = ["--destination", values.destination, "--only", names.join(",")]
  const child = fork(fileURLToPath(import.meta.url), options, { env: { ...process.env, SEED: seed } })
  child.on("message", say)
  const code = await new Promise<number | null>((resolve) => child.on("exit", (status) => resolve(status)))
  if (code !== 0) throw new Error(`a process of the saboteurs ended with ${code ?? "a signal"}`)
}

const lead = async () => {
  const verdicts: Array<Verdict> = []
  const say = (verdict: Verdict) => {
    verdicts.push(verdict)
    print(verdict)
  }
  const count = Math.min(availableParallelism(), chosen.length)
  const shares = Array.from({ length: count }, (_, index) =>
    chosen.filter((_one, at) => at % count === index).map(({ name }) => name),
  )
  await Promise.all(shares.map((names) => share(names, say)))
  const bad = verdicts.filter(({ problems }) => problems.length > 0)
  if (values.json) console.log(JSON.stringify({ destination: values.destination, seed, verdicts }, null, 2))
  else {
    const idle = verdicts.filter(({ caughtBy }) => caughtBy.includes(harmless)).length
    const total = chosen.length - idle
    console.log(`${verdicts.length - idle - bad.length} of ${total} saboteurs caught, SEED=${seed}`)
  }
  process.exitCode = bad.length === 0 && verdicts.length > 0 && verdicts.length === chosen.length ? 0 : 1
}

if (process.send === undefined) await lead()
else {
  await work((verdict) => process.send?.(verdict))
  process.disconnect()
  process.exit(0)
}
