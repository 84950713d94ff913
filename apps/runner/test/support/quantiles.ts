/** Distributions of milliseconds, for scripts that measure. */
export const quantile = (values: ReadonlyArray<number>, part: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? 0

export const told = (values: ReadonlyArray<number>): string =>
  `p50 ${quantile(values, 0.5)} ms, p95 ${quantile(values, 0.95)} ms, max ${quantile(values, 1)} ms`
