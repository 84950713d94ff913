/** Puts a saboteur to the laws, and sees which of them notice. */
import type { Destination } from "@batch-exports/core"
import { Cause, Effect, Exit } from "effect"
import type { LawBroken } from "../Broken.ts"
import { Patience } from "../expect.ts"
import type * as Harness from "../Harness.ts"
import type { Law } from "../Law.ts"
import { make } from "../memory/MemoryDestination.ts"
import * as MemoryHarness from "../memory/MemoryHarness.ts"
import { honest } from "../memory/Parts.ts"
import { runLaw } from "../runLaw.ts"
import type { Saboteur } from "./Saboteur.ts"

export interface Trial {
  readonly law: string
  /** `broken`: noticed, by an assertion. `crashed`: something else went wrong, which notices nothing. */
  readonly outcome: "kept" | "broken" | "crashed"
  readonly message?: string
}

export interface Subject {
  readonly plugin: Destination.Plugin
  readonly harness: Harness.Shape
  /** How long what is asynchronous may take, in milliseconds. */
  readonly patience?: number
}

/** The reference destination, or another one, with the saboteur's defect. */
export const sabotage = (saboteur: Saboteur, other?: Subject): Subject | undefined => {
  const url = new URL(import.meta.url.endsWith(".ts") ? "./sabotaged.ts" : "./sabotaged.js", import.meta.url)
  url.searchParams.set("saboteur", saboteur.name)
  if (other === undefined) {
    const parts = { ...honest, ...saboteur.parts }
    const plugin = make({ parts })
    return {
      plugin: saboteur.wrap?.(plugin) ?? plugin,
      harness: MemoryHarness.make({ parts, module: url.href }),
      // The store of the reference destination notices at once.
      patience: 1_000,
    }
  }
  if (saboteur.wrap === undefined) return undefined
  url.searchParams.set("of", other.harness.module)
  url.searchParams.set("plugin", other.plugin.name)
  return { plugin: saboteur.wrap(other.plugin), harness: { ...other.harness, module: url.href } }
}

export const tryOne = (subject: Subject, law: Law, seed: string): Effect.Effect<Trial | undefined> => {
  const form = law.when(subject.plugin.capabilities)
  if (form === undefined || law.slow === true) return Effect.succeed(undefined)
  return runLaw(law, { ...subject, form: form.form, seed, alone: "" }).pipe(
    Effect.timeoutOrElse({ duration: "3 minutes", orElse: () => Effect.die(new Error("it did not end")) }),
    Effect.provideService(Patience, subject.patience ?? 10_000),
    Effect.exit,
    Effect.map((exit) => judge(law, exit)),
  )
}

export const tryAll = (subject: Subject, laws: ReadonlyArray<Law>, seed: string): Effect.Effect<ReadonlyArray<Trial>> =>
  Effect.map(
    Effect.forEach(laws, (law) => tryOne(subject, law, seed)),
    (trials) => trials.filter((trial) => trial !== undefined),
  )

const judge = (law: Law, exit: Exit.Exit<void, LawBroken>): Trial => {
  if (Exit.isSuccess(exit)) return { law: law.name, outcome: "kept" }
  const broken = exit.cause.reasons.find(Cause.isFailReason)
  return broken === undefined
    ? { law: law.name, outcome: "crashed", message: Cause.pretty(exit.cause) }
    : { law: law.name, outcome: "broken", message: broken.error.message }
}
