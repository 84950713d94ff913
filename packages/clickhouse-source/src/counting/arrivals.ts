/** SQL about the rows behind a model's records, without their contents. Pure. */
import type { Arrivals, Size } from "../models/SourceModel.ts"
import { all } from "../sql/text.ts"

/** Conditions that are true of a time within the window of the parameters `start` and `end`. */
export const within = (time: string): readonly [string, string] => [
  `${time} >= fromUnixTimestamp64Micro({start:Int64}, 'UTC')`,
  `${time} < fromUnixTimestamp64Micro({end:Int64}, 'UTC')`,
]

const inWindow = ({ conditions, from, where }: Arrivals) => `FROM ${from} WHERE ${all(where, ...conditions)}`

/** Milliseconds since 1970: windows are no finer, and one such instant is never divided. */
const millis = ({ time }: Arrivals) => `toUnixTimestamp64Milli(toDateTime64(${time}, 3, 'UTC'))`

/** How many rows arrived in each `width` milliseconds from the window's start on. Where none did, there is no line. */
export const histogram = (arrivals: Arrivals, width: number): string =>
  `SELECT intDiv(${millis(arrivals)} - intDiv({start:Int64}, 1000), ${width}) AS bucket, count() AS rows ${inWindow(arrivals)} GROUP BY bucket ORDER BY bucket`

export const earliest = (arrivals: Arrivals): string =>
  `SELECT toString(minOrNull(${millis(arrivals)})) AS earliest ${inWindow(arrivals)}`

/** Of the first thousand rows that are found. */
export const averageSize = (
  from: string,
  columns: ReadonlyArray<string>,
  where: string,
  params: Readonly<Record<string, unknown>> = {},
): Size => ({
  query: `SELECT avg(byteSize(${columns.join(", ")})) AS bytes FROM (SELECT ${columns.join(", ")} FROM ${from} WHERE ${where} LIMIT 1000)`,
  params,
})
