/** A first selection for a table, from what the catalogue says of it. Pure: a guess, with what has to be looked at. */
import { Result } from "effect"
import { identifier } from "../sql/text.ts"
import { columnType } from "./columnType.ts"
import { parse, split } from "./typeName.ts"

/** What ClickHouse knows of one table. */
export interface Catalogue {
  /** As an export would write it: another database goes before a point. */
  readonly table: string
  /** `ReplacingMergeTree`. */
  readonly engine: string
  /** With its arguments and clauses. */
  readonly engineFull: string
  /** Expressions, with commas between them. */
  readonly sortingKey: string
  readonly columns: ReadonlyArray<CatalogueColumn>
}

export interface CatalogueColumn {
  readonly name: string
  readonly type: string
  /** `DEFAULT`, `MATERIALIZED`, `ALIAS`, `EPHEMERAL`, or nothing. */
  readonly defaultKind: string
  readonly defaultExpression: string
}

export interface Proposal {
  /** What goes below `model:`. */
  readonly model: {
    readonly name: "table"
    readonly table: string
    readonly time?: string
    readonly key?: ReadonlyArray<string>
    readonly version?: string
    readonly lookback?: string
    readonly exclude?: ReadonlyArray<string>
  }
  /** Columns that may say when a row arrived, the likeliest first. */
  readonly times: ReadonlyArray<string>
  /** Whether the model can be used as it is: it has a time or a key. */
  readonly complete: boolean
  /** What somebody should look at, one sentence each. */
  readonly notes: ReadonlyArray<string>
}

export const propose = (catalogue: Catalogue): Proposal => {
  const notes: Array<string> = []
  const exclude: Array<string> = []
  for (const { name, type } of catalogue.columns.filter(isStored)) {
    const found = columnType(type)
    if (Result.isSuccess(found)) continue
    exclude.push(name)
    notes.push(
      `Column "${name}" (${type}) has no form outside ClickHouse and is left out; a query can send ${found.failure.replace("…", identifier(name))}.`,
    )
  }
  const isReplacing = catalogue.engine.endsWith("ReplacingMergeTree")
  const key = isReplacing ? keyOf(catalogue, exclude) : undefined
  if (isReplacing && key === undefined) {
    notes.push(
      "Rows replace each other by an expression, not by columns: name the columns of a key, or rows are appended.",
    )
  }
  const advice = Object.entries(adviceOf).find(([engine]) => catalogue.engine.endsWith(engine))?.[1]
  if (advice !== undefined) notes.push(advice)
  const version = key === undefined ? undefined : versionOf(catalogue)
  const times = timesOf(catalogue, exclude, version)
  const time = times[0]?.name
  const ofEvents = time !== undefined && isOfEvents(time)
  if (time === undefined) {
    notes.push(
      key === undefined
        ? "No column says when a row arrived: name a time or a key."
        : "No column says when a row arrived: each run sends the whole table.",
    )
  } else if (ofEvents) {
    notes.push(
      key === undefined
        ? `"${time}" seems to say when something happened, not when its row arrived: rows that come after their window was exported are missed. A key and a lookback would bring them in.`
        : `"${time}" seems to say when something happened, not when its row arrived: rows that come later than the lookback are missed.`,
    )
  } else if ((times[0]?.rank ?? 0) === 0) {
    notes.push(`Look whether "${time}" says when a row arrived in ClickHouse.`)
  }
  return {
    model: {
      name: "table",
      table: catalogue.table,
      ...(time === undefined ? {} : { time }),
      ...(key === undefined ? {} : { key }),
      ...(version === undefined || version === time ? {} : { version }),
      ...(time === undefined || key === undefined ? {} : { lookback: ofEvents ? "1 day" : "1 hour" }),
      ...(exclude.length === 0 ? {} : { exclude }),
    },
    times: times.map(({ name }) => name),
    complete: time !== undefined || key !== undefined,
    notes,
  }
}

const isStored = ({ defaultKind }: CatalogueColumn) => defaultKind !== "EPHEMERAL"

const adviceOf: Readonly<Record<string, string>> = {
  CollapsingMergeTree: "Rows of this table cancel each other: export a query that adds them up by their sign.",
  AggregatingMergeTree: "Rows of this table hold states: export a query that merges them.",
  SummingMergeTree: "Rows of this table are added up when they are merged: export a query with sum() and GROUP BY.",
}

/** A name, in backquotes or without. Undefined for any other expression. */
const columnOf = (expression: string): string | undefined => {
  const [, plain, quoted] = /^(?:([A-Za-z_]\w*)|`((?:[^`\\]|\\.)*)`)$/.exec(expression.trim()) ?? []
  return plain ?? quoted?.replaceAll(/\\(.)/g, "$1")
}

const keyOf = ({ columns, sortingKey }: Catalogue, exclude: ReadonlyArray<string>) => {
  const whole = sortingKey.trim()
  const bare = whole.startsWith("(") && closing(whole, 0) === whole.length - 1 ? whole.slice(1, -1) : whole
  const names = split(bare).map(columnOf)
  const isUsable = (name: string | undefined): name is string =>
    columns.some((column) => column.name === name && !exclude.includes(column.name) && !/Nullable\(/.test(column.type))
  return names.length > 0 && names.every(isUsable) ? names : undefined
}

/** The first argument of the engine that is no text: those of replicated tables begin with a path and a replica. */
const versionOf = ({ columns, engine, engineFull }: Catalogue): string | undefined => {
  const rest = engineFull.slice(engine.length)
  if (!rest.startsWith("(")) return undefined
  const [first] = parse(engineFull.slice(0, closing(engineFull, engine.length) + 1)).args.filter(
    (arg) => !arg.startsWith("'"),
  )
  const name = first === undefined ? undefined : columnOf(first)
  return columns.some((column) => column.name === name) ? name : undefined
}

/** Where the bracket at `open` closes. */
const closing = (text: string, open: number): number => {
  let depth = 0
  for (let at = open; at < text.length; at++) {
    if (text[at] === "'") {
      at++
      while (at < text.length && text[at] !== "'") at += text[at] === "\\" ? 2 : 1
    } else if (text[at] === "(") depth++
    else if (text[at] === ")" && --depth === 0) return at
  }
  return text.length - 1
}

const arrival = /^_?(?:inserted|ingested|received|loaded|arrived|synced|imported|stored)(?:_|$)|^_timestamp$/i
const change = /^_?(?:updated|modified|changed|last_modified|last_updated)(?:_|$)/i
const creation = /^_?(?:created|added)(?:_|$)/i
const happening =
  /^_?(?:timestamp|time|ts|date|datetime|event_?time|event_date|happened(?:_at)?|occurred(?:_at)?|started_at|ended_at|start_time|end_time)$/i

const isOfEvents = (name: string) => happening.test(name)

interface Time {
  readonly name: string
  readonly rank: number
}

const timesOf = (
  { columns }: Catalogue,
  exclude: ReadonlyArray<string>,
  version: string | undefined,
): ReadonlyArray<Time> =>
  columns
    .filter((column) => isStored(column) && /^(?:Nullable\()?DateTime(?:64)?(?:\(|\)|$)/.test(column.type))
    .filter(({ name }) => !exclude.includes(name))
    .map((column) => ({ name: column.name, rank: rankOf(column, version) }))
    .sort((a, b) => b.rank - a.rank)

/** Of records that replace each other a change counts, of others the arrival. Times may be missing where they may be NULL. */
const rankOf = ({ defaultExpression, name, type }: CatalogueColumn, version: string | undefined): number => {
  if (name === version) return 100
  if (isOfEvents(name)) return -1
  const likely = [
    [/\bnow(?:64)?\(/.test(defaultExpression), 50],
    [arrival.test(name), 40],
    [change.test(name), 30],
    [creation.test(name), 20],
  ] as const
  const rank = likely.reduce((sum, [holds, points]) => sum + (holds ? points : 0), 0)
  return type.startsWith("Nullable") ? rank / 2 : rank
}
