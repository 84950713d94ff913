/**
 * Where periods end: the boundaries of a schedule on the time line. Instants are milliseconds since 1970, so that years
 * of calendar are cheap to walk.
 */
import { Cron, DateTime } from "effect"

export interface Calendar {
  /** The first boundary later than `at`; undefined when there is none. */
  readonly after: (at: number) => number | undefined
  /** The last boundary not later than `at`. */
  readonly notAfter: (at: number) => number
}

/** Periods of one length, counted from 1970 in UTC: clock changes do not touch them. */
export const fixed = (period: number, offset: number): Calendar => {
  const notAfter = (at: number) => Math.floor((at - offset) / period) * period + offset
  return { notAfter, after: (at) => notAfter(at) + period }
}

const DAY = 86_400_000

/** Periods of whole days that end at the same time of the wall clock: 23 or 25 hours long where clocks change. */
export const days = (options: {
  readonly count: 1 | 7
  readonly offset: number
  readonly zone: DateTime.TimeZone
}): Calendar => {
  // Day 4 of the count from 1970 was a Monday.
  const first = options.count === 7 ? 4 : 0
  const boundary = (index: number): number => {
    const wall = new Date((first + index * options.count) * DAY + options.offset)
    return DateTime.toEpochMillis(
      DateTime.makeZonedUnsafe(wall, {
        timeZone: options.zone,
        adjustForTimeZone: true,
        // A time that a clock change leaves out moves on by the change; one that comes twice is taken the first time.
        disambiguation: "compatible",
      }),
    )
  }
  const indexNear = (at: number) => Math.floor((at / DAY - first) / options.count)
  const notAfter = (at: number): number => {
    // Zone and offset move a boundary by less than two days from where UTC would have it.
    let index = indexNear(at) + 2
    let found = boundary(index)
    while (found > at) found = boundary(--index)
    return found
  }
  const after = (at: number): number => {
    let index = indexNear(at) - 2 - options.count
    let found = boundary(index)
    while (found <= at) found = boundary(++index)
    return found
  }
  return { after, notAfter }
}

export const cron = (expression: Cron.Cron): Calendar => {
  const safely = (step: () => Date): number | undefined => {
    try {
      return step().getTime()
    } catch {
      // Such as 30 February: no date matches.
      return undefined
    }
  }
  return {
    after: (at) => safely(() => Cron.next(expression, new Date(at))),
    notAfter: (at) => safely(() => Cron.prev(expression, new Date(at + 1))) ?? at,
  }
}
