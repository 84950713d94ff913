/** Puts a saboteur to the laws, and sees which of them notice. */
import type { Destination } from "@batch-exports/core"
import { Cause, Effect, Exit } from "effect"
import type { LawBroken } from "../Broken.ts"
import { Patience } from "../expect.ts"
import type * as Harness from "../Harness.ts"
import type { Law } from "../Law.ts"
import { make } from "../memory/MemoryDestination.ts"
import * as MemoryHarness from "../memory/MemoryHarness.ts"
import { honest, type Parts } from "../memory/Parts.ts"
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

/** The reference destination, or another one, with the saboteur's defect. Undefined where the defect is not one of the other's. */
export const sabotage = (saboteur: Saboteur, other?: Subject): Subject | undefined => {
  const url = new URL(import.meta.url.endsWith(".ts") ? "./sabotaged.ts" : "./sabotaged.js", import.meta.url)
  url.searchParams.set("saboteur", saboteur.name)
  const { classify, parts, wrap } = saboteur
  if (other !== undefined) {
    if (parts !== undefined) return undefined
    url.searchParams.set("of", other.harness.module)
    url.searchParams.set("plugin", other.plugin.name)
  }
  const subject = other ?? reference({ ...honest, ...parts })
  const { failures } = subject.harness
  return {
    ...subject,
    plugin: wrap?.(subject.plugin) ?? subject.plugin,
    harness: {
      ...subject.harness,
      module: url.href,
      ...(classify === undefined ? {} : { failures: { ...failures, classify: classify(failures.classify) } }),
    },
  }
}

/** Its store notices at once what others notice after a while. */
const reference = (parts: Parts): Subject => ({
  plugin: make({ parts }),
  harness: MemoryHarness.make({ parts }),
  patience: 1_000,
})

/** Whether the defect is one for this destination. */
export const applies = (saboteur: Saboteur, { harness }: Subject): Effect.Effect<boolean> =>
  Effect.scoped(
    Effect.map(harness.fresh, (target) => saboteur.needs === undefined || target[saboteur.needs] !== undefined),
  )

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

const judge = (law: Law, exit: Exit.Exit<unknown, LawBroken>): Trial => {
  if (Exit.isSuccess(exit)) return { law: law.name, outcome: "kept" }
  const broken = exit.cause.reasons.find(Cause.isFailReason)
  return broken === undefined
    ? { law: law.name, outcome: "crashed", message: Cause.pretty(exit.cause) }
    : { law: law.name, outcome: "broken", message: broken.error.message }
}
