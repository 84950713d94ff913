/**
 * Names of files, from a template and the run. A name never leaves the folder and never fails: whatever an export, a model
 * or a run is called, it becomes part of one path segment.
 */
import { nearest, type Run, type Window } from "@batch-exports/core"
import { DateTime } from "effect"
import { createHash } from "node:crypto"

/** Kept for the manifest and for files in the making. */
export const reserved = "_batch_exports"

export const preset = "{export}/{year}/{month}/{day}/{window_start}_{window_end}_{part}"

export const tokens = {
  export: "the export's name",
  model: "the model's name",
  run: "the run's id",
  window_start: "the start of the window, as 20260131T130000Z",
  window_end: "the end of the window, likewise",
  year: "of the start of the window, in UTC",
  month: "two digits",
  day: "two digits",
  hour: "two digits",
  minute: "two digits",
  part: "counts the files of the window: 0001, 0002 …",
} as const

type Token = keyof typeof tokens

const placeholder = /\{([^{}]*)\}/g

/** What is wrong with a template, or nothing. */
export const problem = (template: string): string | undefined => {
  if (Array.from(template).some((character) => character < " " || character === "\\"))
    return "must not hold backslashes or control characters"
  for (const [, name = ""] of template.matchAll(placeholder)) {
    if (Object.hasOwn(tokens, name)) continue
    const near = nearest(name, Object.keys(tokens))
    return `knows no {${name}}; ${near === undefined ? `there is {${Object.keys(tokens).join("}, {")}}` : `did you mean {${near}}?`}`
  }
  if (/[{}]/.test(template.replaceAll(placeholder, ""))) return "holds a brace without its partner"
  if (!template.includes("{part}")) return "must hold {part}: a window may become several files"
  const segments = template.split("/")
  if (segments.some((segment) => segment === "" || segment === "." || segment === ".."))
    return "must be a path below the folder: it neither begins nor ends with a slash, and has no empty, . or .. part"
  if (segments[0]?.toLowerCase() === reserved) return `must not begin with ${reserved}, which is kept for the manifest`
  return undefined
}

export interface Place {
  readonly run: Pick<Run.Run, "id" | "export" | "model">
  readonly window: Window.Window
  readonly part: number
  /** Unique; ends every name, so that no attempt meets another's files. */
  readonly draft: string
}

/** The path below the folder, without an extension. */
export const render = (template: string, { draft, part, run, window }: Place): string => {
  const { day, hour, minute, month, year } = DateTime.toPartsUtc(window.start)
  const values: Readonly<Record<Token, string>> = {
    export: run.export,
    model: run.model.name,
    run: run.id,
    window_start: stamp(window.start),
    window_end: stamp(window.end),
    year: String(year).padStart(4, "0"),
    month: two(month),
    day: two(day),
    hour: two(hour),
    minute: two(minute),
    part: String(part).padStart(4, "0"),
  }
  const segments = template
    .split("/")
    .map((segment) => segment.replaceAll(placeholder, (_, name: Token) => escape(values[name])))
    .map((segment, index, all) => safeSegment(segment, index === 0 && all.length > 1))
  return `${segments.join("/")}-${draft}`
}

const two = (value: number): string => String(value).padStart(2, "0")

/** ISO 8601 without the characters that some file systems refuse. */
export const stamp = (instant: DateTime.Utc): string =>
  DateTime.formatIso(instant)
    .replace(/\.000Z$/, "Z")
    .replaceAll(/[-:]/g, "")

/** Percent signs keep different names different: `a/b` and `a_b` must not meet. */
const escape = (value: string): string =>
  value.toWellFormed().replaceAll(/[\p{C}%/\\:*?"<>|]/gu, (character) => encodeURIComponent(character))

/** File systems take 255 bytes; the draft, an extension and a suffix come on top. */
const longest = 180

/** A segment made of values alone could be anything: `..`, the reserved name, or too long. */
const safeSegment = (segment: string, first: boolean): string => {
  // No value makes a lone percent sign: `escape` spells it %25.
  const dotted = segment === "" ? "%" : segment.replace(/^\.+$/, (dots) => "%2E".repeat(dots.length))
  const whole = first && dotted.toLowerCase() === reserved ? `%5F${dotted.slice(1)}` : dotted
  return Buffer.byteLength(whole) <= longest ? whole : shorten(whole)
}

/** Hashed before it is cut: two long names that begin alike stay apart. */
const shorten = (name: string): string => {
  const hash = createHash("sha256").update(name).digest("hex").slice(0, 16)
  let cut = ""
  for (const character of name) {
    if (Buffer.byteLength(cut + character) > longest - hash.length - 1) break
    cut += character
  }
  return `${cut}-${hash}`
}

/** A folder's name for an export: readable, and distinct even where the file system ignores case. */
export const slug = (name: string): string => {
  const hash = createHash("sha256").update(name).digest("hex").slice(0, 16)
  const readable = name.replaceAll(/[^A-Za-z0-9_-]+/g, "_").slice(0, 60)
  return `${readable}-${hash}`
}
