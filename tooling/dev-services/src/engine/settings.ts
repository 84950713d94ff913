/** The parameters of a request's URL: which are settings of the query, and what is done with them. */
import { Exception } from "./Exception.ts"
import { quote } from "./tokens.ts"

/** Read by the front, or of no meaning to an embedded engine. Everything else is a setting. */
const reserved = new Set(
  (
    "query database default_format user password query_id compress decompress wait_end_of_query buffer_size " +
    "enable_http_compression http_zlib_compression_level send_progress_in_http_headers quota_key stacktrace " +
    "http_headers_progress_interval_ms http_response_headers add_http_cors_header"
  ).split(" "),
)

/** Refused, since to ignore them would change what a query means. */
const unsupported = ["session_id", "role"]

/** The embedded engine has its own defaults for these; this is what a server has. */
const asServer: Readonly<Record<string, string>> = {
  implicit_select: "0",
  allow_introspection_functions: "0",
  storage_file_read_method: "pread",
  output_format_arrow_use_native_writer: "1",
  max_query_size: "262144",
}

export interface Settings {
  /** Of the query, by name; later sources override earlier ones. */
  readonly query: ReadonlyMap<string, string>
  /** Values of `{name:Type}`, in the escaped form in which HTTP carries them. */
  readonly parameters: ReadonlyMap<string, string>
  /** The front's own, `dev_…`. */
  readonly own: ReadonlyMap<string, string>
}

export const readSettings = (...sources: ReadonlyArray<Iterable<readonly [string, string]>>): Settings => {
  const query = new Map(Object.entries(asServer))
  const parameters = new Map<string, string>()
  const own = new Map<string, string>()
  for (const [name, value] of sources.flatMap((source) => [...source])) {
    if (unsupported.includes(name) && value !== "")
      throw new Exception(48, "NOT_IMPLEMENTED", `The embedded server does not do ${name}`)
    if (name.startsWith("param_")) parameters.set(name, value)
    else if (name.startsWith("dev_")) own.set(name, value)
    else if (!reserved.has(name) && !unsupported.includes(name)) query.set(name, value)
  }
  for (const name of [...query.keys(), ...parameters.keys()])
    if (!/^\w+$/.test(name)) throw new Exception(115, "UNKNOWN_SETTING", `Unknown setting '${name}'`)
  return { query, parameters, own }
}

/** One statement for all: each costs a round trip to the engine. */
export const setStatement = (settings: ReadonlyMap<string, string>): string =>
  `SET ${[...settings].map(([name, value]) => `${name} = ${quote(value)}`).join(", ")}`
