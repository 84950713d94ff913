/** A ClickHouse exception, as text, as HTTP status, and as what is written into an answer that has already begun. */

const shape = /Code: (\d+)\.\s[\s\S]*\(([A-Z][A-Z0-9_]+)\)/

export class Exception extends Error {
  readonly code: number
  /** Such as `SYNTAX_ERROR`. */
  readonly label: string

  constructor(code: number, label: string, text: string) {
    super(`Code: ${code}. DB::Exception: ${text} (${label})`)
    this.code = code
    this.label = label
  }

  /** The engine's own message, with its code and label; anything else is a fault of this program. */
  static from(error: unknown): Exception {
    if (error instanceof Exception) return error
    const message = (error instanceof Error ? error.message : String(error)).replace(/^Query failed: /, "").trim()
    const [, code, label] = shape.exec(message) ?? []
    if (code === undefined || label === undefined) return new Exception(1001, "STD_EXCEPTION", message)
    const exception = new Exception(Number(code), label, "")
    exception.message = message
    return exception
  }

  render(version: string): string {
    return `${this.message} (version ${version} (official build))\n`
  }
}

const statuses: ReadonlyArray<readonly [number, ReadonlyArray<string>]> = [
  [401, ["REQUIRED_PASSWORD"]],
  [403, ["UNKNOWN_USER", "WRONG_PASSWORD", "AUTHENTICATION_FAILED", "SET_NON_GRANTED_ROLE", "ACCESS_DENIED"]],
  [400, ["BAD_ARGUMENTS", "DUPLICATE_COLUMN", "ILLEGAL_COLUMN", "THERE_IS_NO_COLUMN", "TOO_BIG_AST", "TOO_DEEP_AST"]],
  [400, ["UNEXPECTED_AST_STRUCTURE", "SYNTAX_ERROR", "INCORRECT_DATA", "TYPE_MISMATCH", "CANNOT_COMPILE_REGEXP"]],
  [400, ["VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE", "UNKNOWN_ELEMENT_IN_AST", "UNKNOWN_TYPE_OF_AST_NODE"]],
  [404, ["UNKNOWN_TABLE", "UNKNOWN_FUNCTION", "UNKNOWN_IDENTIFIER", "UNKNOWN_TYPE", "UNKNOWN_STORAGE"]],
  [404, ["UNKNOWN_DATABASE", "UNKNOWN_SETTING", "UNKNOWN_DIRECTION_OF_SORTING", "UNKNOWN_AGGREGATE_FUNCTION"]],
  [404, ["UNKNOWN_FORMAT", "UNKNOWN_DATABASE_ENGINE", "UNKNOWN_TYPE_OF_QUERY", "UNKNOWN_ROLE"]],
  [408, ["TIMEOUT_EXCEEDED"]],
  [413, ["QUERY_IS_TOO_LARGE"]],
  [501, ["NOT_IMPLEMENTED"]],
  [503, ["SOCKET_TIMEOUT", "CANNOT_OPEN_FILE", "CANNOT_SCHEDULE_TASK"]],
]
const statusOf = new Map(statuses.flatMap(([status, labels]) => labels.map((label) => [label, status] as const)))

/** The server's own table, by label. */
export const httpStatus = (exception: Exception): number =>
  statusOf.get(exception.label) ?? (exception.label.startsWith("CANNOT_PARSE_") ? 400 : 500)

/** What servers since 25.11 append to an answer that fails half-way; `tag` was announced in a header. */
export const taggedBlock = (text: string, tag: string): string =>
  `\r\n__exception__\r\n${tag}\r\n${text}${Buffer.byteLength(text)} ${tag}\r\n__exception__\r\n`
