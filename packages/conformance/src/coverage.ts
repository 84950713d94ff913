/** What is printed after the laws have run: how many laws stand behind each declaration. */
import type { Claim } from "./claims.ts"
import type { Form, Law } from "./Law.ts"

export const coverage = (
  title: string,
  seed: string,
  claims: ReadonlyArray<Claim>,
  applied: ReadonlyArray<{ readonly law: Law; readonly form: Form }>,
  passed: ReadonlyMap<Law, unknown>,
): string => {
  const width = Math.max(...claims.map((claim) => claim.length))
  const lines = claims.map((claim) => {
    const about = applied.filter(({ form }) => form.covers.includes(claim))
    const kept = about.filter(({ law }) => passed.has(law)).length
    return `  ${claim.padEnd(width)}  ${about.length === 0 ? "NO LAW" : `${kept} of ${about.length} laws`}`
  })
  return [`${title}: ${passed.size} of ${applied.length} laws, SEED=${seed}`, ...lines].join("\n")
}
