/**
 * Any error of the server, the driver, the network or TLS → a `DestinationError`: reason, what went wrong and where, what
 * to do. Pure. No DETAIL, no HINT and no message of the classes that quote data are repeated: they may hold records.
 */
import { DestinationError, Reason } from "@batch-exports/core"
import type { Circumstances } from "./Circumstances.ts"
import * as network from "./network.ts"
import * as pooler from "./pooler.ts"
import * as sqlstates from "./sqlstates.ts"

/** What an error of the server carries (the fields of an ErrorResponse), as far as we read them. */
interface ServerError {
  readonly code: string
  readonly message: string
  readonly severity?: string
  readonly where?: string
  readonly table?: string
  readonly column?: string
  readonly constraint?: string
}

export const isServerError = (error: unknown): error is ServerError =>
  error instanceof Error &&
  "code" in error &&
  typeof error.code === "string" &&
  "severity" in error &&
  /^[0-9A-Z]{5}$/.test(error.code)

export const classify = (error: unknown, at: Circumstances): DestinationError => {
  if (error instanceof DestinationError) return error
  if (isServerError(error)) return fromServer(error, at)
  if (error instanceof Error) return fromNetwork(error, at)
  return unknown(at, "an error without a description", undefined)
}

const fromServer = (error: ServerError, at: Circumstances): DestinationError => {
  const rule =
    (isAboutValue(error) ? sqlstates.copying[error.code] : undefined) ??
    pooler.find(error) ??
    sqlstates.find(error.code)
  if (rule === undefined) return unknown(at, oneLine(error.message), error.code)
  const says =
    rule.says === undefined
      ? oneLine(error.message)
      : `${sqlstates.conditions[error.code] ?? rule.says}${position(error)}`
  return make(reasonAt(rule.reason, error, at), at, says, rule.remedy(at), error.code)
}

/** The innermost context comes first: an error of a trigger, or of a function that it calls, begins with that. */
const isAboutValue = ({ where }: ServerError): boolean => /^COPY \S.*, line \d+/.test(where ?? "")

/** The same code says another thing before there is a connection, and while a table is being created. */
const reasonAt = (reason: Reason.Reason, error: ServerError, at: Circumstances): Reason.Reason => {
  if (at.phase === "connect" && reason === "ConnectionLost") return "ConnectionFailed"
  // Two sessions that create one table at once collide in the catalog, on pg_type or pg_class.
  if (at.phase === "create" && error.code === "23505") return "TargetChanged"
  return reason
}

const fromNetwork = (error: Error & { readonly code?: unknown }, at: Circumstances): DestinationError => {
  const code = typeof error.code === "string" ? error.code : undefined
  const rule = network.find(error, at)
  return rule === undefined
    ? unknown(at, oneLine(error.message), code)
    : make(rule.reason, at, rule.says, rule.remedy, code)
}

const unknown = (at: Circumstances, says: string, code: string | undefined): DestinationError =>
  make("Unknown", at, says, "Report this error with its code, so that it gets a place in the table of reasons.", code)

export const make = (
  reason: Reason.Reason,
  at: Circumstances,
  says: string,
  remedy: string,
  code: string | undefined,
): DestinationError =>
  new DestinationError({
    reason,
    message: `While ${at.action}: ${says}${code === undefined ? "" : ` (${code})`}`,
    remedy,
    ...(code === undefined ? {} : { code }),
  })

/**
 * `, line 3, column "properties", constraint "positive"`: names and numbers, never the value, which `where` quotes after a colon.
 * Only COPY's own line is of records: a line before it may tell lines within a JSON document.
 */
const position = (error: ServerError): string => {
  const copied = /^COPY \S.*?, line (\d+)(?:, column ([^:]+?))?(?::|$)/m.exec(error.where ?? "")
  const column = error.column ?? copied?.[2]
  const raisedIn = /function ([\w."]+)\(/.exec(error.where ?? "")?.[1]
  return [
    copied?.[1] === undefined ? "" : `, line ${copied[1]}`,
    column === undefined ? "" : `, column "${column}"`,
    error.constraint === undefined ? "" : `, constraint "${error.constraint}"`,
    raisedIn === undefined ? "" : `, in function ${raisedIn}`,
  ].join("")
}

const oneLine = (message: string): string => {
  const line = message.split("\n", 1)[0] ?? ""
  return line.length > 300 ? `${line.slice(0, 300)}…` : line
}
