/** A promise that a destination keeps, and the test of it. One value each, in a file of its own under `laws`. */
import type { Capabilities } from "@batch-exports/core"
import type { Effect, Scope } from "effect"
import type { Claim } from "./claims.ts"
import type { Bench } from "./Bench.ts"
import type { Broken } from "./Broken.ts"
import type { NotApplicable } from "./NotApplicable.ts"

export const groups = [
  "manifest",
  "check",
  "lifecycle",
  "append",
  "upsert",
  "atomicity",
  "replay",
  "schema",
  "names",
  "values",
  "failures",
  "bounds",
  "telemetry",
] as const

export type Group = (typeof groups)[number]

/**
 * `holds`: the promise itself. `refused`: the destination does not declare it, and must refuse before anything is
 * written. `weaker`: it declares less, and less is what must be seen.
 */
export interface Form {
  readonly form: "holds" | "refused" | "weaker"
  /** The declarations that this form puts to the test. */
  readonly covers: ReadonlyArray<Claim>
}

export interface Law {
  /** Unique, `<group>/<kebab-case>`: names the test, and selects it. */
  readonly name: `${Group}/${string}`
  /** The promise, in one sentence. */
  readonly says: string
  /** Capabilities are the only switch. Undefined: the law has nothing to say about such a destination. */
  readonly when: (capabilities: Capabilities.Capabilities) => Form | undefined
  /** Minutes rather than seconds: run with SLOW=1 alone. */
  readonly slow?: true
  /** `NotApplicable` only where what the law breaks is not there, and other laws stand in. */
  readonly run: (bench: Bench) => Effect.Effect<void | NotApplicable, Broken, Scope.Scope>
}

export const groupOf = (law: Law): Group => law.name.split("/")[0] as Group

/** For laws that hold for every destination. */
export const always = (): Form => ({ form: "holds", covers: [] })
