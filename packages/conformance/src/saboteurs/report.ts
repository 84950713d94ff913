/** Whether a saboteur was caught as it should be: by its laws, by their assertions, and by no other law. */
import type { Saboteur } from "./Saboteur.ts"
import type { Trial } from "./tryOne.ts"

export interface Verdict {
  readonly saboteur: string
  readonly does: string
  /** The laws that noticed, its own first. */
  readonly caughtBy: ReadonlyArray<string>
  /** What is wrong with the laws or with the saboteur; empty when all is as it should be. */
  readonly problems: ReadonlyArray<string>
}

/** `strict` demands that exactly the declared laws notice: for the reference destination, which the sets were made for. */
export const report = (saboteur: Saboteur, trials: ReadonlyArray<Trial>, strict: boolean): Verdict => {
  const with_ = (outcome: Trial["outcome"]) => trials.filter((trial) => trial.outcome === outcome)
  const caughtBy = with_("broken").map(({ law }) => law)
  const own = saboteur.breaks.filter((law) => trials.some((trial) => trial.law === law))
  const missed = own.filter((law) => !caughtBy.includes(law))
  const problems = [
    ...(caughtBy.length === 0 || (strict && missed.length > 0) ? [`MISSED by ${missed.join(", ")}`] : []),
    ...with_("crashed").map(({ law, message }) => `${law} crashed: ${message?.split("\n")[0]}`),
    ...(strict
      ? caughtBy.filter((law) => !saboteur.breaks.includes(law)).map((law) => `${law} noticed it too, undeclared`)
      : []),
  ]
  const order = (law: string) => (saboteur.breaks.includes(law) ? saboteur.breaks.indexOf(law) : saboteur.breaks.length)
  return {
    saboteur: saboteur.name,
    does: saboteur.does,
    caughtBy: [...caughtBy].sort((a, b) => order(a) - order(b)),
    problems,
  }
}
