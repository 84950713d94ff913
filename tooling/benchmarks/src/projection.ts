/**
 * The SELECT that a careful person would write by hand: the target's columns, straight out of the event. It trusts the
 * data, which is why only clean data is measured here; the export's own SELECT trusts nothing.
 */
/** All events are of this team. */
export const TEAM = 1

type Kind = "uuid" | "text" | "jsonb" | "int4" | "timestamptz"

interface Column {
  readonly name: string
  /** In Postgres. */
  readonly type: string
  readonly kind: Kind
  /** In ClickHouse: never NULL. */
  readonly sql: string
  /** Whether the empty string stands for NULL. */
  readonly emptyIsNull: boolean
}

const column = (name: string, kind: Kind, sql: string, emptyIsNull = false): Column => ({
  name,
  kind,
  sql,
  emptyIsNull,
  type: { uuid: "VARCHAR(200)", text: "VARCHAR(200)", jsonb: "JSONB", int4: "INTEGER", timestamptz: "TIMESTAMPTZ" }[
    kind
  ],
})

export const columns: ReadonlyArray<Column> = [
  column("uuid", "uuid", "uuid"),
  column("event", "text", "event"),
  column("properties", "jsonb", "properties", true),
  column("elements", "jsonb", "chain", true),
  column("set", "jsonb", "people.1", true),
  column("set_once", "jsonb", "people.2", true),
  column("distinct_id", "text", "distinct_id"),
  column("team_id", "int4", "toInt32(team_id)"),
  column("ip", "text", "people.3", true),
  // It holds nothing any more.
  column("site_url", "text", "''", true),
  column("timestamp", "timestamptz", "timestamp"),
]

// One parse for all three; JSONExtract of an object as String gives its text.
const names = `WITH JSONExtract(properties, 'Tuple("$set" String, "$set_once" String, "$ip" String)') AS people,
  if(elements_chain = '', '', toJSONString(elements_chain)) AS chain`

export interface Source {
  readonly database: string
  readonly start: string
  readonly end: string
}

export const from = ({ database, end, start }: Source): string =>
  `FROM ${database}.events WHERE team_id = ${TEAM} AND inserted_at >= ${instant(start)} AND inserted_at < ${instant(end)}`

const instant = (iso: string): string => `toDateTime64('${iso.replace("T", " ").replace("Z", "")}', 6, 'UTC')`

/** Rows as values: for COPY's text format, and for ClickHouse's own INSERT. */
export const values = (source: Source): string =>
  `${names}
SELECT ${columns.map(({ emptyIsNull, sql }) => (emptyIsNull ? `nullIf(${sql}, '')` : sql)).join(", ")}
${from(source)}`

/** Rows as the tuples of COPY's binary format, which want only a header before them and a trailer behind. */
export const tuples = (source: Source): string => {
  const parts = [`unhex('${columns.length.toString(16).padStart(4, "0")}')`, ...columns.flatMap(binary)]
  return `${names}
SELECT ${parts.map((part, index) => `${part} AS part${index}`).join(", ")}
${from(source)}`
}

/** https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.3.55.9.4: a length of 4 bytes, then the value; −1 is NULL. */
const binary = ({ emptyIsNull, kind, sql }: Column): ReadonlyArray<string> => {
  const orNull = (length: string) => (emptyIsNull ? `if(${sql} = '', unhex('FFFFFFFF'), ${length})` : length)
  switch (kind) {
    case "uuid":
      return [`unhex('00000024')`, `toString(${sql})`]
    case "text":
      return [orNull(bigEndian("Int32", `length(${sql})`)), sql]
    case "jsonb":
      // The 1 is the version of jsonb's own format.
      return [orNull(`concat(${bigEndian("Int32", `length(${sql}) + 1`)}, unhex('01'))`), sql]
    case "int4":
      return [`unhex('00000004')`, bigEndian("Int32", sql)]
    case "timestamptz":
      // Postgres counts microseconds from the year 2000.
      return [`unhex('00000008')`, bigEndian("Int64", `toUnixTimestamp64Micro(${sql}) - 946684800000000`)]
    default:
      return kind satisfies never
  }
}

const bigEndian = (type: "Int32" | "Int64", sql: string): string =>
  `reinterpretAsFixedString(byteSwap(to${type}(${sql})))`

export const binaryHeader = Buffer.from("5047434f50590aff0d0a000000000000000000", "hex")
export const binaryTrailer = Buffer.from("ffff", "hex")

/** The names of the target's columns, as both databases accept them quoted. */
export const columnList = columns.map(({ name }) => `"${name}"`).join(", ")
