/** The values of a session's fields, as SQL over the states of sessionsSql.ts. */
import { FieldType } from "@batch-exports/core"
import { literal } from "../sql/text.ts"
import { cleaned, isClean } from "../values/hygiene.ts"
import type { Value } from "../values/Value.ts"
import { channelType, kindOfSite } from "./channelType.ts"
import { clickIds } from "./sessionsSql.ts"

const { bool, float64, int64, list, text, timestamp } = FieldType

const clickId = (field: string) => clickIds.find((id) => field === `entry_${id}`)

/** Fields that are text out of the source: by the name of the field, the state that holds it. */
const textState = (field: string): string | undefined =>
  clickId(field) !== undefined
    ? "s_click_ids"
    : field === "entry_current_url"
      ? "s_entry_url"
      : field === "end_current_url" || field === "exit_current_url"
        ? "s_end_url"
        : field === "distinct_id" || field === "last_external_click_url" || field.startsWith("entry_")
          ? isPart(field)
            ? undefined
            : `s_${field}`
          : undefined

const origin = {
  source: "entry_utm_source",
  medium: "entry_utm_medium",
  campaign: "entry_utm_campaign",
  domain: "entry_referring_domain",
  gclid: "entry_gclid",
  fbclid: "entry_fbclid",
  gadSource: "entry_gad_source",
} as const

const isPart = (field: string) => /_(?:hostname|pathname)$/.test(field)
const addressOf = (field: string) => field.replace(/_(?:hostname|pathname)$/, "_current_url")

/** The text fields that a field is made of. */
const textsOf = (field: string): ReadonlyArray<string> =>
  field === "channel_type"
    ? Object.values(origin)
    : isPart(field)
      ? [addressOf(field)]
      : textState(field) === undefined
        ? []
        : [field]

const statesOf = (field: string): ReadonlyArray<string> => {
  switch (field) {
    case "start_timestamp":
      return ["s_start"]
    case "end_timestamp":
      return ["s_end"]
    case "inserted_at":
      return ["s_inserted"]
    case "urls":
    case "num_uniq_urls":
      return ["s_urls"]
    case "pageview_count":
      return ["s_pageviews"]
    case "autocapture_count":
      return ["s_autocaptures"]
    case "screen_count":
      return ["s_screens"]
    case "page_screen_autocapture_count_up_to":
      return ["s_up_to"]
    case "session_duration":
    case "duration":
      return ["s_start", "s_end"]
    case "is_bounce":
      return ["s_up_to", "s_start", "s_end"]
    case "vitals_lcp":
      return ["s_vitals_lcp"]
    default:
      return textsOf(field).flatMap((name) => textState(name) ?? [])
  }
}

/** The states that some fields need. One at least, since a query needs a column. */
export const needs = (fields: ReadonlyArray<string>): ReadonlySet<string> =>
  new Set(["s_inserted", ...fields.flatMap(statesOf)])

const raw = (field: string): string => {
  const id = clickId(field)
  const state = textState(field) ?? ""
  return id === undefined ? state : `if(mapContains(${state}, ${literal(id)}), ${state}[${literal(id)}], NULL)`
}

const allTexts = (fields: ReadonlyArray<string>): ReadonlyArray<string> => [...new Set(fields.flatMap(textsOf))]

const dirty = "batch_session_texts"
const clean = "batch_session_clean"

/**
 * The states, with all of a record's texts cleaned together: one check, and one repair. In queries within queries, because
 * ClickHouse resolves a name that stands for an expression anew wherever it is used, and that took most of a second.
 */
export const withTexts = (states: string, fields: ReadonlyArray<string>): string => {
  const texts = allTexts(fields)
  if (texts.length === 0) return states
  const gathered = `[${texts.map((field) => `ifNull(${raw(field)}, '')`).join(", ")}]`
  const cleanedAll = `if(arrayAll(x -> ${isClean("x")}, ${dirty}), ${dirty}, arrayMap(x -> ${cleaned("x")}, ${dirty}))`
  const named = texts.flatMap((field, index) => [
    `if(isNull(${raw(field)}), NULL, ${clean}[${index + 1}]) AS ${cleanText(field)}`,
    `${clean}[${index + 1}] != ${dirty}[${index + 1}] AS ${adjusted(field)}`,
  ])
  const layers = [
    `${gathered} AS ${dirty}`,
    `${cleanedAll} AS ${clean}`,
    named.join(", "),
    ...(fields.includes("channel_type") ? [`${kindOfSite(mapValues(origin, cleanText))} AS ${kind}`] : []),
  ]
  return layers.reduce((from, layer) => `(SELECT *, ${layer} FROM ${from})`, states)
}

const kind = "batch_session_kind"
const cleanText = (field: string) => `batch_session_${field}`
const adjusted = (field: string) => `batch_session_${field}_adjusted`

/** An address with a host: its scheme, `//`, and what may stand before the host. */
const authority = String.raw`^(?:[A-Za-z][A-Za-z0-9+.-]*:)?//`
const hostname = `${authority}(?:[^/?#@]*@)?(${String.raw`\[[^\]/?#]*\]|[^/?#:]*`})`
const pathname = `${authority}[^/?#]*([^?#]*)`

const part = (address: string, pattern: string) =>
  `if(match(ifNull(${address}, ''), ${literal(authority)}), extract(assumeNotNull(${address}), ${literal(pattern)}), NULL)`

const seconds = "intDiv(toUnixTimestamp64Micro(s_end) - toUnixTimestamp64Micro(s_start), 1000000)"

const number = (sql: string): Value => ({ type: int64, sql: `toInt64(${sql})`, nullable: false })
const instant = (sql: string): Value => ({ type: timestamp(6), sql: `toDateTime64(${sql}, 6, 'UTC')`, nullable: false })

export const value = (field: string): Value => {
  switch (field) {
    case "team_id":
      return number("team_id")
    case "session_id":
      // The halves of a UUID are kept in the other order.
      return {
        type: FieldType.uuid,
        sql: "reinterpretAsUUID(bitOr(bitShiftLeft(s_id, 64), bitShiftRight(s_id, 64)))",
        nullable: false,
      }
    case "session_id_v7":
      return { type: text(), sql: "toString(s_id)", nullable: false }
    case "start_timestamp":
      return instant("s_start")
    case "end_timestamp":
      return instant("s_end")
    case "inserted_at":
      return instant("s_inserted")
    case "urls":
      return {
        type: list(text()),
        sql: `arrayMap(a -> ${cleaned("a")}, s_urls)`,
        nullable: false,
        adjusted: `NOT arrayAll(a -> ${isClean("a")}, s_urls)`,
      }
    case "num_uniq_urls":
      return number("length(s_urls)")
    case "pageview_count":
      return number("s_pageviews")
    case "autocapture_count":
      return number("s_autocaptures")
    case "screen_count":
      return number("s_screens")
    case "page_screen_autocapture_count_up_to":
      return number("s_up_to")
    case "session_duration":
    case "duration":
      return number(seconds)
    case "is_bounce":
      return { type: bool, sql: `if(s_up_to = 0, NULL, toBool(s_up_to = 1 AND ${seconds} < 10))`, nullable: true }
    case "channel_type":
      return { type: text(), sql: channelType(mapValues(origin, cleanText), kind), nullable: false }
    case "vitals_lcp":
      return { type: float64, sql: "s_vitals_lcp", nullable: true }
    default:
      return textValue(field)
  }
}

const textValue = (field: string): Value => {
  if (isPart(field)) {
    const pattern = field.endsWith("_hostname") ? hostname : pathname
    return { type: text(), sql: part(cleanText(addressOf(field)), pattern), nullable: true }
  }
  if (textState(field) === undefined) throw new Error(`sessions have no field "${field}"`)
  const sql = cleanText(field)
  return field === "distinct_id"
    ? { type: text(), sql: `assumeNotNull(${sql})`, nullable: false, adjusted: adjusted(field) }
    : { type: text(), sql, nullable: true, adjusted: adjusted(field) }
}

const mapValues = <Key extends string>(record: Readonly<Record<Key, string>>, f: (value: string) => string) =>
  Object.fromEntries(Object.entries<string>(record).map(([key, item]) => [key, f(item)])) as Record<Key, string>
