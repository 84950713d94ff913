/**
 * The state of every session that got an event since the window's start: out of a table of aggregate states that a
 * materialized view keeps, or out of the events themselves. Both give the same columns.
 */
import { all, literal } from "../sql/text.ts"
import type { Slice } from "./SourceModel.ts"
import { isWithin, since } from "./slices.ts"

/** Click ids that the table keeps in one map. */
export const clickIds = [
  "gclsrc",
  "dclid",
  "gbraid",
  "wbraid",
  "msclkid",
  "twclid",
  "li_fat_id",
  "mc_cid",
  "igshid",
  "ttclid",
  "_kx",
  "irclid",
] as const

/** A state's function, over which property of the event, and by which clock: `first` and `last` prefer views. */
const texts = {
  entry_url: ["argMin", "$current_url", "first"],
  end_url: ["argMax", "$current_url", "last"],
  last_external_click_url: ["argMax", "$external_click_url", "timestamp"],
  entry_referring_domain: ["argMin", "$referring_domain", "first"],
  entry_utm_source: ["argMin", "utm_source", "first"],
  entry_utm_campaign: ["argMin", "utm_campaign", "first"],
  entry_utm_medium: ["argMin", "utm_medium", "first"],
  entry_utm_term: ["argMin", "utm_term", "first"],
  entry_utm_content: ["argMin", "utm_content", "first"],
  entry_gclid: ["argMin", "gclid", "first"],
  entry_gad_source: ["argMin", "gad_source", "first"],
  entry_fbclid: ["argMin", "fbclid", "first"],
} as const

const textNames = Object.keys(texts) as ReadonlyArray<keyof typeof texts>

/** The columns of the table that are read. Not every installation has `vitals_lcp`. */
export const tableColumns = [
  "team_id",
  "session_id_v7",
  "session_timestamp",
  "distinct_id",
  "min_timestamp",
  "max_timestamp",
  "max_inserted_at",
  "urls",
  ...textNames,
  "entry_ad_ids_map",
  "pageview_uniq",
  "autocapture_uniq",
  "screen_uniq",
  "page_screen_autocapture_uniq_up_to",
] as const

export const eventColumns = [
  "team_id",
  "event",
  "uuid",
  "distinct_id",
  "timestamp",
  "properties",
  "_timestamp",
  "inserted_at",
]

/** The state of each column, from the table's states. */
const fromStates = (hasVitals: boolean): Readonly<Record<string, string>> => ({
  s_distinct_id: "argMaxMerge(distinct_id)",
  s_start: "min(min_timestamp)",
  s_end: "max(max_timestamp)",
  s_inserted: "max(max_inserted_at)",
  s_urls: "arraySort(groupUniqArrayArray(urls))",
  ...Object.fromEntries(textNames.map((name) => [`s_${name}`, `${texts[name][0]}Merge(${name})`])),
  s_click_ids: "argMinMerge(entry_ad_ids_map)",
  s_pageviews: "uniqExactMerge(pageview_uniq)",
  s_autocaptures: "uniqExactMerge(autocapture_uniq)",
  s_screens: "uniqExactMerge(screen_uniq)",
  s_up_to: "uniqUpToMerge(1)(page_screen_autocapture_uniq_up_to)",
  s_vitals_lcp: hasVitals ? "argMinMerge(vitals_lcp)" : "CAST(NULL, 'Nullable(Float64)')",
})

const property = (name: string) => `tupleElement(p, ${literal(name)})`

const isView = "event IN ('$pageview', '$screen')"
/** What only other events say counts where no view says it. */
const clocks = {
  first: `if(${isView}, timestamp, timestamp + toIntervalYear(1))`,
  last: `if(${isView}, timestamp, timestamp - toIntervalYear(1))`,
  timestamp: "timestamp",
} as const

const eventIds = (...names: ReadonlyArray<string>) => `uniqExactIf(uuid, event IN (${names.map(literal).join(", ")}))`

const clickIdMap = `CAST(mapFilter((k, v) -> isNotNull(v), map(${clickIds.map((id) => `${literal(id)}, ${property(id)}`).join(", ")})), 'Map(String, String)')`

const fromEvents: Readonly<Record<string, string>> = {
  s_distinct_id: "argMax(distinct_id, timestamp)",
  s_start: "min(timestamp)",
  s_end: "max(timestamp)",
  s_inserted: "max(COALESCE(inserted_at, _timestamp))",
  s_urls: `arraySort(groupUniqArrayIf(assumeNotNull(${property("$current_url")}), ${isView} AND isNotNull(${property("$current_url")})))`,
  ...Object.fromEntries(
    textNames.map((name) => {
      const [pick, from, clock] = texts[name]
      return [`s_${name}`, `${pick}(${property(from)}, ${clocks[clock]})`]
    }),
  ),
  s_click_ids: `argMin(${clickIdMap}, ${clocks.first})`,
  s_pageviews: eventIds("$pageview"),
  s_autocaptures: eventIds("$autocapture"),
  s_screens: eventIds("$screen"),
  s_up_to: `least(${eventIds("$pageview", "$screen", "$autocapture")}, 2)`,
  s_vitals_lcp: `argMinIf(${property("$web_vitals_LCP_value")}, timestamp, event = '$web_vitals')`,
}

const wanted = (states: Readonly<Record<string, string>>, names: ReadonlySet<string>) =>
  Object.entries(states).flatMap(([name, sql]) => (names.has(name) ? [`${sql} AS ${name}`] : []))

export interface Source {
  readonly table: string
  /** A condition on `team_id`. */
  readonly team: string
}

export const statesOfTable = (source: Source, slice: Slice, names: ReadonlySet<string>, hasVitals: boolean): string => {
  const { table, team } = source
  const key = "team_id, session_timestamp, session_id_v7"
  const own = isWithin(slice, ["team_id", "session_id_v7"])
  const changed = `SELECT ${key} FROM ${table} WHERE ${[team, ...own, `max_inserted_at >= ${since}`].join(" AND ")}`
  const which = slice.everything ? own : [`(${key}) IN (${changed})`]
  return `(
  SELECT team_id, session_id_v7 AS s_id, ${wanted(fromStates(hasVitals), names).join(", ")}
  FROM ${table} WHERE ${all(team, ...which)}
  GROUP BY ${key}
)`
}

/** Texts of an event's properties that are read. */
const properties: ReadonlyArray<string> = [...new Set(textNames.map((name) => texts[name][1])), ...clickIds]

const parsed = `JSONExtract(properties, ${literal(
  `Tuple(${properties.map((name) => `"${name}" Nullable(String)`).join(", ")}, "$web_vitals_LCP_value" Nullable(Float64))`,
)})`

const session = "toUInt128(toUUIDOrZero(JSONExtractString(properties, '$session_id')))"

/** Ids that are not UUIDs of version 7 name no session: when it began could not be told from them. */
const isSession = `bitAnd(bitShiftRight(${session}, 76), 15) = 7`

export const statesOfEvents = (source: Source, slice: Slice, names: ReadonlySet<string>): string => {
  const { table, team } = source
  const own = isWithin(slice, ["team_id", session])
  const ingested = `COALESCE(inserted_at, _timestamp) >= ${since}`
  const changed = `SELECT team_id, ${session} FROM ${table} WHERE ${[team, isSession, ...own, ingested].join(" AND ")}`
  const which = slice.everything ? own : [`(team_id, ${session}) IN (${changed})`]
  return `(
  SELECT team_id, s_id, ${wanted(fromEvents, names).join(", ")}
  FROM (
    SELECT team_id, event, uuid, distinct_id, timestamp, inserted_at, _timestamp, ${session} AS s_id, ${parsed} AS p
    FROM ${table} WHERE ${all(team, isSession, ...which)}
  )
  GROUP BY team_id, s_id
)`
}

/** Rows there are and rows that are new; a session has at least one of each. */
export const sessionsSurvey = ({ table, team }: Source, ingested: string): string =>
  `SELECT count() AS all, countIf(${ingested} >= ${since}) AS changed FROM ${table} WHERE ${team}`
