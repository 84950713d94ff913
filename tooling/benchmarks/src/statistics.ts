/** What the report says of many rounds. Pure. */

export interface Summary {
  readonly median: number
  readonly min: number
  readonly max: number
}

/** Undefined where there is nothing to summarise. */
export const summary = (values: ReadonlyArray<number>): Summary | undefined => {
  const sorted = [...values].sort((a, b) => a - b)
  const [min, max] = [sorted[0], sorted.at(-1)]
  const middle = sorted.length / 2
  const below = sorted[Math.ceil(middle) - 1]
  const above = sorted[Math.floor(middle)]
  return min === undefined || max === undefined || below === undefined || above === undefined
    ? undefined
    : { median: (below + above) / 2, min, max }
}

/**
 * The ratio of two figures of the same round, summarised over the rounds that have both. The machine is fast in one minute
 * and slow in the next; what is measured side by side meets the same minute.
 */
export const pairedRatio = <Round>(
  rounds: ReadonlyArray<Round>,
  numerator: (round: Round) => number | undefined,
  denominator: (round: Round) => number | undefined,
): Summary | undefined =>
  summary(
    rounds.flatMap((round) => {
      const [above, below] = [numerator(round), denominator(round)]
      return above === undefined || below === undefined || below === 0 ? [] : [above / below]
    }),
  )

/** Each round begins with another one, so that no contestant always follows the same other. */
export const rotate = <A>(list: ReadonlyArray<A>, by: number): ReadonlyArray<A> => {
  const at = list.length === 0 ? 0 : by % list.length
  return [...list.slice(at), ...list.slice(0, at)]
}
