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

const instant = (text: string): Result.Result<DateTime.Utc, string> => {
  // Without a zone, the same text would mean another hour on another machine.
  if (!/(Z|[+-]\d\d:?\d\d)$/i.test(text)) {
    return Result.fail(`"${text}" has no time zone: write it as 2026-01-31T13:00:00Z`)
  }
  return Option.match(DateTime.make(text), {
    onNone: () => Result.fail(`"${text}" is not a date and time: write it as 2026-01-31T13:00:00Z`),
    onSome: (value) => Result.succeed(DateTime.toUtc(value)),
  })
}

/** Reads the ISO 8601 form `<start>/<end>`; both instants carry their zone. */
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
