/** An export's `schedule:` block, as the user writes it. Decoded without I/O. */
import { Cron, DateTime, Duration, Option, Result, Schema } from "effect"

/** Milliseconds of a length of time such as `5 minutes`; undefined when it is none. */
export const lengthOf = (text: string): number | undefined => {
  const parsed = Duration.fromInput(text as Duration.Input)
  if (Option.isNone(parsed) || !Duration.isFinite(parsed.value)) return undefined
  const millis = Duration.toMillis(parsed.value)
  return Number.isInteger(millis) ? millis : undefined
}

type Words = {
  readonly title: string
  readonly description: string
  readonly default?: string
  readonly examples?: readonly [string, ...Array<string>]
}

export const lengthOfTime = (least: number, words: Words) =>
  Schema.String.annotate(words).check(
    Schema.makeFilter((text: string) => {
      const millis = lengthOf(text)
      return millis !== undefined && millis >= least
        ? undefined
        : `must be a length of time${least > 0 ? " above zero" : ""}, such as "${words.examples?.[0] ?? "30 seconds"}"`
    }),
  )

const MINUTE = 60_000

const isEvery = (text: string): boolean => {
  if (text === "hour" || text === "day" || text === "week") return true
  const millis = lengthOf(text)
  return millis !== undefined && millis >= MINUTE && millis <= 60 * MINUTE && millis % MINUTE === 0
}

const Every = Schema.String.annotate({
  title: "Every",
  description: "How long a window is: hour, day, week, or a number of minutes up to 60.",
  examples: ["hour", "5 minutes", "day", "week"],
}).check(
  Schema.makeFilter((text: string) =>
    isEvery(text) ? undefined : 'must be "hour", "day", "week", or a number of minutes such as "5 minutes"',
  ),
)

const instant = (title: string, description: string) =>
  Schema.String.annotate({ title, description, examples: ["2026-01-31T00:00:00Z"] }).check(
    Schema.makeFilter((text: string) =>
      instantOf(text) === undefined ? "must be a date and time with its zone, such as 2026-01-31T00:00:00Z" : undefined,
    ),
  )

/** Without a zone the same text would mean another instant on another machine. */
export const instantOf = (text: string): number | undefined => {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/.test(text)) return undefined
  const millis = Date.parse(text)
  return Number.isNaN(millis) ? undefined : millis
}

const Block = Schema.Struct({
  every: Schema.optionalKey(Every),
  cron: Schema.optionalKey(
    Schema.String.annotate({
      title: "Cron",
      description: "Windows end at the times that a cron expression of five fields names. Instead of every.",
      examples: ["0 6 * * 1-5"],
    }),
  ),
  timezone: Schema.optionalKey(
    Schema.String.annotate({
      title: "Time zone",
      description: "Where days, weeks and cron times are counted.",
      default: "UTC",
      examples: ["Europe/Berlin"],
    }).check(
      Schema.makeFilter((text: string) =>
        Option.isSome(DateTime.zoneFromString(text)) ? undefined : "must name a time zone, such as Europe/Berlin",
      ),
    ),
  ),
  offset: Schema.optionalKey(
    lengthOfTime(0, {
      title: "Offset",
      description:
        "How much later than the full hour, midnight, or midnight before Monday windows end, on the clock of the time zone.",
      default: "0 minutes",
      examples: ["6 hours"],
    }),
  ),
  startAt: Schema.optionalKey(
    instant(
      "Start at",
      "The first window starts here, also in the past. Left out: with the period in which the export is first seen.",
    ),
  ),
  endAt: Schema.optionalKey(instant("End at", "The last window ends here.")),
  jitter: Schema.optionalKey(
    lengthOfTime(0, {
      title: "Jitter",
      description: "Each export starts later by a part of this that depends on its name alone.",
      default: "0 seconds",
      examples: ["60 seconds"],
    }),
  ),
  settle: Schema.optionalKey(
    lengthOfTime(0, {
      title: "Settle",
      description: "How long to wait after a window's end for rows that are still being written.",
      default: "60 seconds",
      examples: ["60 seconds"],
    }),
  ),
  catchUp: Schema.optionalKey(
    Schema.Literals(["all", "latest"]).annotate({
      title: "Catch-up",
      description: "After a time without a runner: export all windows that were missed, or only the latest.",
      default: "all",
    }),
  ),
  catchUpLimit: Schema.optionalKey(
    Schema.Int.annotate({
      title: "Catch-up limit",
      description: "At most so many missed windows are exported, the newest of them; older ones are skipped.",
      default: 1000,
    }).check(Schema.isGreaterThan(0)),
  ),
  overlap: Schema.optionalKey(
    Schema.Literals(["queue", "skip"]).annotate({
      title: "Overlap",
      description:
        "When a window ends while earlier runs of the export occupy all its places: wait, or skip the window.",
      default: "queue",
    }),
  ),
  concurrency: Schema.optionalKey(
    Schema.Int.annotate({
      title: "Concurrency",
      description: "How many runs of this export may be under way at once.",
      default: 1,
    }).check(Schema.isGreaterThan(0)),
  ),
})
export type Block = typeof Block.Type

/** Each problem names its own key, so that the user is led to the right line. */
const problems = (block: Block): { readonly path: ReadonlyArray<string>; readonly issue: string } | undefined => {
  if ((block.every === undefined) === (block.cron === undefined)) {
    return { path: [block.every === undefined ? "every" : "cron"], issue: "write either every or cron" }
  }
  if (block.cron !== undefined) {
    if (block.offset !== undefined)
      return { path: ["offset"], issue: "a cron expression has no offset: write the time into it" }
    const parsed = Cron.parse(block.cron, block.timezone ?? "UTC")
    if (block.cron.trim().split(/\s+/).length !== 5 || Result.isFailure(parsed)) {
      return { path: ["cron"], issue: 'must be a cron expression of five fields, such as "0 6 * * 1-5"' }
    }
  }
  if (block.every !== undefined && block.offset !== undefined) {
    const [offset, period] = [lengthOf(block.offset), nominal(block.every)]
    if (offset !== undefined && offset >= period)
      return { path: ["offset"], issue: `must be shorter than the period, ${block.every}` }
  }
  if (block.startAt !== undefined && block.endAt !== undefined) {
    if ((instantOf(block.startAt) ?? 0) >= (instantOf(block.endAt) ?? 0))
      return { path: ["endAt"], issue: "must be later than startAt" }
  }
  return undefined
}

/** A period's usual length; days and weeks differ where clocks change. */
export const nominal = (every: string): number => {
  const hour = 60 * MINUTE
  return every === "hour"
    ? hour
    : every === "day"
      ? 24 * hour
      : every === "week"
        ? 168 * hour
        : (lengthOf(every) ?? hour)
}

export const Settings = Schema.Union([
  Every,
  Block.check(Schema.makeFilter((block: Block) => problems(block))),
]).annotate({
  title: "Schedule",
  description: "When the export runs. Without it, only by hand.",
})
export type Settings = typeof Settings.Type
