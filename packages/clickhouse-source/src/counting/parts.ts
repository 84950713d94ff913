/** Divides a window at instants, so that its parts hold about the same, and none more than it should. Pure. */

/** Rows that arrived in `[start, end)`, milliseconds since 1970. */
export interface Bucket {
  readonly start: number
  readonly end: number
  readonly rows: number
}

/** Buckets are this much smaller than a part, so that parts come out about equal. */
const fineness = 8

/** Whether to look closer at a bucket before parts of `most` rows are made. A millisecond is as close as it gets. */
export const isCoarse = ({ end, rows, start }: Bucket, most: number): boolean =>
  rows > most / fineness && end - start > 1

/**
 * The buckets hold the window's rows, in order; where none arrived, there may be none. The parts hold the whole window. None has
 * more than `most`, but for one that is a single bucket.
 */
export const parts = (
  window: { readonly start: number; readonly end: number },
  buckets: ReadonlyArray<Bucket>,
  most: number,
): ReadonlyArray<Bucket> => {
  const total = buckets.reduce((sum, { rows }) => sum + rows, 0)
  const each = total / Math.max(1, Math.ceil(total / most))
  const found: Array<{ start: number; rows: number; place: number }> = []
  let before = 0
  for (const { rows, start } of buckets) {
    // Where its middle lies among parts that are all equal.
    const place = Math.floor((before + rows / 2) / each)
    before += rows
    const last = found.at(-1)
    if (last?.place === place && last.rows + rows <= most) last.rows += rows
    else found.push({ start, rows, place })
  }
  if (found.length === 0) return [{ ...window, rows: 0 }]
  return found.map(({ rows, start }, index) => ({
    start: index === 0 ? window.start : start,
    end: found[index + 1]?.start ?? window.end,
    rows,
  }))
}
