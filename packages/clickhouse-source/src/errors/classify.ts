/** Turns whatever the client or the network throws into a SourceError. Pure: the tables say what each code means. */
import { SourceError } from "@batch-exports/core"
import { type Meaning, networkCodes, serverCodes } from "./codes.ts"

/** What messages may say about where ClickHouse is. */
export interface Place {
  /** Without credentials. */
  readonly url: string
  /** Never repeated in a message, should the server do so. */
  readonly secret: string
}

/** Opens the text of the exceptions that our own queries throw, before the name of a field. */
export const unfitMark = "batch-exports: value does not fit: "

/** Thrown by our own timer. */
export class Silence extends Error {
  readonly code = "SILENCE"
}

const server = /Code: (\d+)\.(?:.*?)DB::(?:[A-Za-z]+)?Exception: ([\s\S]*)/

export const classify = (cause: unknown, place: Place): SourceError => {
  const { code, text } = describe(cause)
  if (code === "395" && text.includes(unfitMark)) return unfit(text, code)
  const meaning = meaningOf(code, text)
  return new SourceError({
    reason: meaning.reason,
    message: `ClickHouse at ${place.url} ${meaning.says}${detail(code, text, place)}`,
    remedy: meaning.remedy,
    ...(code === undefined ? {} : { code }),
  })
}

const unknown: Meaning = {
  reason: "Unknown",
  says: "failed in a way that is not known here",
  remedy: "Look the message up, and report it if it should be retried.",
}

const silence: Meaning = {
  reason: "Stalled",
  says: "sent nothing within requestTimeout",
  remedy: "Look whether the server is overloaded, or raise requestTimeout.",
}

const damaged: Meaning = {
  reason: "SourceIncomplete",
  says: "sent a compressed answer that is damaged or breaks off",
  remedy: "Nothing of it was published. If it happens again, look at proxies in between, or set compression to none.",
}

const meaningOf = (code: string | undefined, text: string): Meaning => {
  if (code === "SILENCE" || text === "Timeout error.") return silence
  if (code !== undefined && /^(?:DAMAGED$|Z_|ZSTD_)/.test(code)) return damaged
  if (code !== undefined) return serverCodes[code] ?? networkCodes[code] ?? unknown
  return /socket hang up|aborted/.test(text) ? networkCodes["ECONNRESET"]! : unknown
}

/** The code and the text of an error, wherever its library has put them. */
const describe = (cause: unknown): { readonly code: string | undefined; readonly text: string } => {
  if (!(cause instanceof Error)) return fromText(String(cause))
  if (cause instanceof AggregateError && cause.errors.length > 0) return describe(cause.errors[0])
  const code = "code" in cause && typeof cause.code === "string" && cause.code !== "" ? cause.code : undefined
  if (code !== undefined) return { code, text: cause.message }
  return cause.cause instanceof Error ? describe(cause.cause) : fromText(cause.message)
}

const fromText = (text: string) => {
  const found = server.exec(text)
  return found === null ? { code: undefined, text } : { code: found[1], text: found[2] ?? "" }
}

const unfit = (text: string, code: string) => {
  const rest = text.slice(text.indexOf(unfitMark) + unfitMark.length)
  const field = /^[^:;]*/.exec(rest)?.[0].trim() ?? ""
  return new SourceError({
    reason: "ValueUnfit",
    message: `a value of "${field}" does not fit the target's column, and may not be changed`,
    remedy: `Widen the column of "${field}", or allow the nearest value to be stored instead.`,
    code,
  })
}

const detail = (code: string | undefined, text: string, place: Place): string => {
  const plain = text
    .replace(/\(version [^)]*(?:\([^)]*\))?\)\s*$/, "")
    .replace(/\s+/g, " ")
    .trim()
  const hidden = place.secret === "" ? plain : plain.replaceAll(place.secret, "***")
  const short = hidden.length > 300 ? `${hidden.slice(0, 300)}…` : hidden
  const isServers = code === undefined || /^\d+$/.test(code)
  return isServers && short !== "" ? `: ${short}` : code === undefined || code === "SILENCE" ? "" : ` (${code})`
}
