/**
 * How much of a mutable model one query reads. What it must remember grows with the keys it sends, so many keys are divided
 * by a hash of theirs. Sending a key that has not changed does no harm where the destination merges by version.
 */
import type { Slice } from "./SourceModel.ts"

/** `all` keys there are, an estimate of how many have `changed`, and how many one query may hold. */
export const slices = (all: number, changed: number, perQuery: number): readonly [Slice, ...Array<Slice>] => {
  const everything = changed > all / 2 && changed > perQuery / 10
  const count = Math.max(1, Math.ceil((everything ? all : Math.min(all, changed)) / perQuery))
  const slice = (index: number): Slice => ({ index, count, everything })
  return [slice(0), ...Array.from({ length: count - 1 }, (_, index) => slice(index + 1))]
}

/** True of the slice's keys. */
export const isWithin = ({ count, index }: Slice, key: ReadonlyArray<string>): ReadonlyArray<string> =>
  count === 1 ? [] : [`cityHash64(${key.join(", ")}) % ${count} = ${index}`]

export const whole: Slice = { index: 0, count: 1, everything: false }

/**
 * Since when changes count: the start of the window, less the lookback, in whole seconds. There is no end: a key that changed
 * in the window and again after it may be in the table with its last change only, once ClickHouse has merged the two.
 */
export const since = "toDateTime(intDiv(greatest({start:Int64} - {lookback:Int64}, 0), 1000000), 'UTC')"

/** What a query over keys needs: to group in the order of the table, and never to end short. */
export const settings = {
  // Where the table is sorted by the key, as PostHog's are, only one key's rows at a time are in memory.
  optimize_aggregation_in_order: 1,
  max_block_size: "8192",
  // Where it is not: on disk from here on.
  max_bytes_before_external_group_by: "1000000000",
  max_bytes_before_external_sort: "1000000000",
  join_overflow_mode: "throw",
  distributed_product_mode: "global",
} as const
