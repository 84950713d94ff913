/** A schedule made ready: its calendar, and what to do about delays and overlaps. */
import { Cron, DateTime, Option } from "effect"
import * as Calendar from "./calendar.ts"
import { instantOf, lengthOf, nominal, type Settings } from "./Settings.ts"

export interface Schedule {
  readonly calendar: Calendar.Calendar
  readonly startAt: number | undefined
  readonly endAt: number | undefined
  /** Milliseconds, as all lengths here. */
  readonly jitter: number
  readonly settle: number
  readonly catchUp: "all" | "latest"
  readonly catchUpLimit: number
  readonly overlap: "queue" | "skip"
  readonly concurrency: number
  /** For people: `every hour`, `cron 0 6 * * 1-5, Europe/Berlin`. */
  readonly description: string
}

export const make = (settings: Settings): Schedule => {
  const block = typeof settings === "string" ? { every: settings } : settings
  const zone = block.timezone ?? "UTC"
  return {
    calendar: calendar(block, zone),
    startAt: block.startAt === undefined ? undefined : instantOf(block.startAt),
    endAt: block.endAt === undefined ? undefined : instantOf(block.endAt),
    jitter: lengthOf(block.jitter ?? "0 seconds") ?? 0,
    settle: lengthOf(block.settle ?? "60 seconds") ?? 0,
    catchUp: block.catchUp ?? "all",
    catchUpLimit: block.catchUpLimit ?? 1000,
    overlap: block.overlap ?? "queue",
    concurrency: block.concurrency ?? 1,
    description: `${block.cron === undefined ? `every ${block.every}` : `cron ${block.cron}`}${zone === "UTC" ? "" : `, ${zone}`}`,
  }
}

const calendar = (block: Exclude<Settings, string>, zoneName: string): Calendar.Calendar => {
  // Both were checked when the block was decoded.
  if (block.cron !== undefined) return Calendar.cron(Cron.parseUnsafe(block.cron, zoneName))
  const zone = Option.getOrElse(DateTime.zoneFromString(zoneName), () => DateTime.zoneMakeOffset(0))
  const every = block.every ?? "hour"
  const offset = lengthOf(block.offset ?? "0 minutes") ?? 0
  return every === "day" || every === "week"
    ? Calendar.days({ count: every === "day" ? 1 : 7, offset, zone })
    : Calendar.fixed(nominal(every), offset)
}

/**
 * The start of an export's first window. An export first seen at 10:20 with hourly windows begins with [10:00, 11:00);
 * with `startAt`, exactly there.
 */
export const origin = (schedule: Schedule, created: number): number =>
  schedule.startAt ?? schedule.calendar.notAfter(created)

export interface Span {
  readonly start: number
  readonly end: number
}

/**
 * The window that follows the instant up to which everything is accounted for. Windows are cut where `startAt`, `endAt` or
 * a change of the schedule falls inside a period, so they always join up without holes or overlaps.
 */
export const next = (schedule: Schedule, cursor: number): Span | undefined => {
  if (schedule.endAt !== undefined && cursor >= schedule.endAt) return undefined
  const boundary = schedule.calendar.after(cursor)
  if (boundary === undefined) return undefined
  const end = schedule.endAt === undefined ? boundary : Math.min(boundary, schedule.endAt)
  return { start: cursor, end }
}

/** When a window that ends at `end` may be exported: after the settle delay and the export's share of the jitter. */
export const dueAt = (schedule: Schedule, exportName: string, end: number): number =>
  end + schedule.settle + Math.floor(fraction(exportName) * schedule.jitter)

/** FNV-1a: the same share of the jitter on every machine and after every restart. */
const fraction = (text: string): number => {
  let hash = 0x811c9dc5
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  // The last bytes alone would barely move the high bits.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b) >>> 0
  return ((hash ^ (hash >>> 13)) >>> 0) / 4_294_967_296
}
