/** What is printed after the laws have run: how many laws stand behind each declaration, and which had nothing to break. */
import type { Claim } from "./claims.ts"
import type { Form, Law } from "./Law.ts"
import { NotApplicable } from "./NotApplicable.ts"

/** `claims` is empty where only some laws run by design, whose silence about the others says nothing. */
export const coverage = (
  title: string,
  seed: string,
  claims: ReadonlyArray<Claim>,
  applied: ReadonlyArray<{ readonly law: Law; readonly form: Form }>,
  passed: ReadonlyMap<Law, "kept" | NotApplicable>,
): string => {
  const absent = applied.flatMap(({ law }) => {
    const outcome = passed.get(law)
    return outcome instanceof NotApplicable ? [{ law, because: outcome.because }] : []
  })
  const applicable = applied.filter(({ law }) => !(passed.get(law) instanceof NotApplicable))
  const kept = (some: typeof applied) => some.filter(({ law }) => passed.has(law)).length
  const width = Math.max(...claims.map((claim) => claim.length))
  const lines = claims.map((claim) => {
    const about = applicable.filter(({ form }) => form.covers.includes(claim))
    return `  ${claim.padEnd(width)}  ${about.length === 0 ? "NO LAW" : `${kept(about)} of ${about.length} laws`}`
  })
  const count = `${kept(applicable)} of ${applicable.length} laws`
  const others = absent.length === 0 ? "" : `, ${absent.length} not applicable`
  return [
    `${title}: ${count}${others}, SEED=${seed}`,
    ...lines,
    ...absent.map(({ because, law }) => `  ${law.name}: not applicable: ${because}`),
  ].join("\n")
}
