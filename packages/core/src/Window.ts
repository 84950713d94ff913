/** A half-open interval `[start, end)` of ingestion time, in UTC. */
import { DateTime, Option, Order, Result, Schema } from "effect"

export class Window extends Schema.Class<Window>("@batch-exports/core/Window")({
  start: Schema.DateTimeUtc,
  end: Schema.DateTimeUtc,
}) {}

/** Fails with a sentence when `start` is not before `end`. */
export const make = (start: DateTime.Utc, end: DateTime.Utc): Result.Result<Window, string> =>
  DateTime.isLessThan(start, end)
    ? Result.succeed(new Window({ start, end }))
    : Result.fail(
        `a window must start before it ends: ${DateTime.formatIso(start)} is not before ${DateTime.formatIso(end)}`,
      )

const example = "2026-01-31T13:00:00Z"

const iso = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(Z|[+-]\d\d:?\d\d)?$/i

const instant = (text: string): Result.Result<DateTime.Utc, string> => {
  const parts = iso.exec(text)
  const none = Result.fail(`"${text}" is not a date and time: write it as ${example}`)
  if (parts === null) return none
  const [, year = "", month = "", day = "", , , , fraction = "", zone] = parts
  // Without a zone, the same text would mean another hour on another machine.
  if (zone === undefined) return Result.fail(`"${text}" has no time zone: write it as ${example}`)
  if (fraction.length > 3) return Result.fail(`"${text}" is finer than a millisecond, which windows are not`)
  if (Number(year) < 1970) return Result.fail(`"${text}" is before 1970, and nothing arrived then`)
  // Date rolls an impossible day over into the next month.
  const [y, m, d] = [Number(year), Number(month), Number(day)]
  if (m < 1 || m > 12 || d < 1 || d > new Date(Date.UTC(y, m, 0)).getUTCDate()) return none
  return Option.match(DateTime.make(text), {
    onNone: () => none,
    onSome: (value) => Result.succeed(DateTime.toUtc(value)),
  })
}

/** Reads the ISO 8601 form `<start>/<end>`; both instants carry their zone, and are exact to the millisecond at most. */
export const parse = (text: string): Result.Result<Window, string> => {
  const [start, end, ...rest] = text.trim().split("/")
  if (!start || !end || rest.length > 0) {
    return Result.fail(
      `"${text}" is not a window: write <start>/<end>, such as 2026-01-31T13:00:00Z/2026-01-31T14:00:00Z`,
    )
  }
  return Result.flatMap(instant(start), (from) => Result.flatMap(instant(end), (to) => make(from, to)))
}

export const format = (window: Window): string =>
  `${DateTime.formatIso(window.start)}/${DateTime.formatIso(window.end)}`

export const overlaps = (a: Window, b: Window): boolean =>
  DateTime.isLessThan(a.start, b.end) && DateTime.isLessThan(b.start, a.end)

/** Whether all of `inner` lies within `outer`. */
export const contains = (outer: Window, inner: Window): boolean =>
  !DateTime.isLessThan(inner.start, outer.start) && !DateTime.isLessThan(outer.end, inner.end)

export const equals = (a: Window, b: Window): boolean =>
  DateTime.Equivalence(a.start, b.start) && DateTime.Equivalence(a.end, b.end)

export const byStart: Order.Order<Window> = Order.mapInput(DateTime.Order, (window: Window) => window.start)

/** The parts of `window` that none of `covered` holds, in order of start. */
export const subtract = (window: Window, covered: Iterable<Window>): ReadonlyArray<Window> => {
  const gaps: Array<Window> = []
  let from = window.start
  for (const done of [...covered].filter((other) => overlaps(window, other)).sort(byStart)) {
    if (DateTime.isLessThan(from, done.start)) gaps.push(new Window({ start: from, end: done.start }))
    from = DateTime.max(from, done.end)
  }
  if (DateTime.isLessThan(from, window.end)) gaps.push(new Window({ start: from, end: window.end }))
  return gaps
}
