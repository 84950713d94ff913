/** Dates and instants as Postgres counts them: from the first of January 2000. */

const epochMillis = BigInt(Date.UTC(2000, 0, 1))
const dayMillis = 86_400_000n

export const daysOf = (date: string): bigint => (BigInt(Date.parse(`${date}T00:00:00Z`)) - epochMillis) / dayMillis

export const daysText = (days: bigint): string =>
  new Date(Number(days * dayMillis + epochMillis)).toISOString().slice(0, 10)

/** At most six digits: Postgres keeps microseconds. */
export const microsOf = (instant: string): bigint => {
  const [, seconds = "", fraction = ""] = /^(.*?)(?:\.(\d{1,6}))?Z$/.exec(instant) ?? []
  return (BigInt(Date.parse(`${seconds}Z`)) - epochMillis) * 1000n + BigInt(fraction.padEnd(6, "0"))
}

export const instantText = (micros: bigint, digits: number): string => {
  const below = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n
  const seconds = new Date(Number((micros - below) / 1000n + epochMillis)).toISOString().slice(0, -5)
  return digits === 0
    ? `${seconds}Z`
    : `${seconds}.${String(below).padStart(6, "0").padEnd(digits, "0").slice(0, digits)}Z`
}
