/**
 * Puts each saboteur to the laws and prints which law caught it. `npm run saboteurs -- [--destination postgres] [--only name]
 * [--json]`. Exits with 1 when one was missed, was caught by a crash instead of an assertion, or broke a law undeclared.
 */
import { Harness, laws } from "@batch-exports/conformance"
import { report, sabotage, saboteurs, type Subject, tryAll, type Verdict } from "@batch-exports/conformance/saboteurs"
import type { Destination } from "@batch-exports/core"
import { Effect, type Layer } from "effect"
import { randomInt } from "node:crypto"
import { parseArgs } from "node:util"

const { values } = parseArgs({
  options: {
    destination: { type: "string", default: "memory" },
    only: { type: "string" },
    json: { type: "boolean", default: false },
  },
})
const seed = process.env["SEED"] ?? String(randomInt(1_000_000_000))
const print = (line: string) => {
  if (!values.json) console.log(line)
}

/** By where each destination keeps its plugin and its harness. */
const load = async (name: string) => {
  const folder = new URL(`../packages/${name}-destination/`, import.meta.url)
  const module = (await import(new URL("src/index.ts", folder).href)) as Record<string, unknown>
  const plugin = Object.values(module).find(
    (value): value is Destination.Plugin => typeof value === "object" && value !== null && "configure" in value,
  )
  const { layer } = (await import(new URL("test/support/harness.ts", folder).href)) as {
    readonly layer: () => Layer.Layer<Harness.Harness>
  }
  if (plugin === undefined) throw new Error(`${folder.href} exports no plugin`)
  return { plugin, layer: layer() }
}

const all = (other: Subject | undefined) =>
  Effect.gen(function* () {
    const verdicts: Array<Verdict> = []
    for (const saboteur of saboteurs.filter(({ name }) => values.only === undefined || name === values.only)) {
      const subject = sabotage(saboteur, other)
      if (subject === undefined) continue
      // What the defect hides from the real destination's own laws is for its author to see: there, being caught is enough.
      const verdict = report(saboteur, yield* tryAll(subject, laws, seed), other === undefined)
      verdicts.push(verdict)
      const caught = verdict.caughtBy.length === 0 ? "MISSED" : verdict.caughtBy.join(", ")
      print(`${saboteur.name.padEnd(40)} → ${caught}`)
      for (const problem of verdict.problems) print(`${"".padEnd(40)}   ! ${problem}`)
    }
    return verdicts
  })

const subject = values.destination === "memory" ? undefined : await load(values.destination)
const verdicts = await Effect.runPromise(
  subject === undefined
    ? all(undefined)
    : Effect.flatMap(Harness.Harness, (harness) => all({ plugin: subject.plugin, harness })).pipe(
        Effect.provide(subject.layer),
      ),
)
const bad = verdicts.filter(({ problems }) => problems.length > 0)
if (values.json) console.log(JSON.stringify({ destination: values.destination, seed, verdicts }, null, 2))
print(`${verdicts.length - bad.length} of ${verdicts.length} saboteurs caught, SEED=${seed}`)
process.exit(bad.length === 0 && verdicts.length > 0 ? 0 : 1)
