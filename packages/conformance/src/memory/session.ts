/** One connection to the store: what it may ask, and what comes of what it left unfinished. */
import type { Model, Projection, Reason, Run } from "@batch-exports/core"
import { DateTime } from "effect"
import type { TableColumn } from "../Harness.ts"
import type { Parts } from "./Parts.ts"
import type { Attempt, Store } from "./Store.ts"
import { type WindowJson, windowFromJson, windowToJson } from "./windowJson.ts"

export interface RunJson {
  readonly id: string
  readonly export: string
  readonly definition: string
  readonly mode: Run.Mode
  readonly window: WindowJson
}

export type Request =
  | { readonly ask: "hello"; readonly password: string }
  | { readonly ask: "survey"; readonly table: string; readonly run: RunJson }
  | { readonly ask: "ledger"; readonly table: string; readonly export: string }
  | {
      readonly ask: "begin"
      readonly attempt: string
      readonly table: string
      readonly run: RunJson
      readonly identity: Model.Identity
      readonly projection: Projection.Projection
      readonly windows: ReadonlyArray<WindowJson>
    }
  | { readonly ask: "end"; readonly window: WindowJson }
  | { readonly ask: "commit"; readonly rows: number }
  | { readonly ask: "outcome"; readonly attempt: string }

export type Answer = { readonly refused?: undefined; readonly [key: string]: unknown } | Refusal

export interface Refusal {
  readonly refused: Reason.Reason
  readonly message: string
}

export interface Session {
  readonly answer: (request: Request) => Promise<Answer>
  readonly bytes: (bytes: Buffer) => void
  readonly close: () => void
}

const refuse = (refused: Reason.Reason, message: string): Refusal => ({ refused, message })

/** Attempts by id, and who waits for their end: a commit's outcome is asked for on another connection. */
const attempts = new WeakMap<Store, Map<string, Attempt>>()
const endings = new WeakMap<Attempt, Array<() => void>>()

const end = (attempt: Attempt, state: "committed" | "gone"): void => {
  attempt.state = state
  for (const wake of endings.get(attempt) ?? []) wake()
}

export const session = (store: Store, parts: Parts, password: string): Session => {
  const known = attempts.get(store) ?? new Map<string, Attempt>()
  attempts.set(store, known)
  let welcome = false
  let attempt: Attempt | undefined
  let chunks: Array<Buffer> = []

  const columnsOf = (table: string): ReadonlyArray<TableColumn> | undefined => store.tables.get(table)?.columns

  const begin = (request: Extract<Request, { ask: "begin" }>): Answer => {
    const wanted: Attempt = {
      id: request.attempt,
      run: { ...request.run, window: windowFromJson(request.run.window) },
      identity: request.identity,
      table: request.table,
      projection: request.projection,
      windows: request.windows.map(windowFromJson),
      parts: [],
      state: "open",
    }
    const claimed = parts.claim(store, wanted)
    if (claimed === "busy") return refuse("Busy", "another run holds this window")
    if (claimed === "lost") return refuse("ClaimLost", "another run exported this window first")
    if (!store.tables.has(request.table)) {
      store.tables.set(request.table, { columns: parts.createTable(request.projection), rows: [], adornments: [] })
    }
    attempt = wanted
    known.set(wanted.id, wanted)
    return {}
  }

  const endOfPart = (window: WindowJson): Answer => {
    if (attempt === undefined) return refuse("Misuse", "nothing has begun")
    const bytes = Buffer.concat(chunks)
    chunks = []
    try {
      const rows = parts.decode(attempt.projection, bytes)
      parts.stage(store, attempt, { window: windowFromJson(window), rows, bytes: bytes.length })
      return { received: rows.length }
    } catch (cause) {
      return refuse("DataRejected", `the bytes are no ${attempt.projection.encoding}: ${String(cause)}`)
    }
  }

  const commit = (rows: number): Answer => {
    if (attempt?.state !== "open") return refuse("Misuse", "nothing to commit")
    const received = attempt.parts.reduce((sum, part) => sum + part.rows.length, 0)
    if (received !== rows) return refuse("CountMismatch", `${rows} records were sent and ${received} arrived`)
    const committedAt = DateTime.nowUnsafe()
    const stored = parts.publish(store, attempt, committedAt, parts)
    parts.release(store, attempt)
    end(attempt, "committed")
    return { stored, committedAt: committedAt.epochMilliseconds }
  }

  const outcome = async (id: string): Promise<Answer> => {
    const asked = known.get(id)
    if (asked === undefined) return { committed: false }
    if (asked.state === "open") {
      await new Promise<void>((resolve) => endings.set(asked, [...(endings.get(asked) ?? []), resolve]))
    }
    return { committed: asked.state === "committed" }
  }

  return {
    answer: async (request) => {
      if (request.ask === "hello") {
        welcome = request.password === password
        return welcome ? {} : refuse("AuthenticationFailed", "the password is wrong")
      }
      if (!welcome) return refuse("AuthenticationFailed", "a password is needed")
      switch (request.ask) {
        case "survey": {
          const missing = parts.missing(store, { ...request.run, window: windowFromJson(request.run.window) })
          return { columns: columnsOf(request.table), missing: missing.map(windowToJson) }
        }
        case "ledger":
          return {
            entries: store.ledger
              .filter((entry) => entry.export === request.export && entry.table === request.table)
              .map((entry) => ({
                ...entry,
                window: windowToJson(entry.window),
                committedAt: entry.committedAt.epochMilliseconds,
              })),
          }
        case "begin":
          return begin(request)
        case "end":
          return endOfPart(request.window)
        case "commit":
          return commit(request.rows)
        case "outcome":
          return outcome(request.attempt)
        default:
          return request satisfies never
      }
    },
    bytes: (bytes) => {
      chunks.push(bytes)
    },
    close: () => {
      if (attempt?.state !== "open") return
      parts.release(store, attempt)
      end(attempt, "gone")
    },
  }
}
