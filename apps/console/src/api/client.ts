/** Calls the API. Whatever goes wrong comes back as one kind of error, with what to do about it. */
import type { FieldProblem } from "./types.ts"

export class Problem extends Error {
  readonly status: number
  readonly remedy: string | undefined
  readonly fields: ReadonlyArray<FieldProblem>
  constructor(status: number, body: Partial<Pick<Problem, "message" | "remedy" | "fields">>) {
    super(body.message ?? `the runner answered with ${status}`)
    this.status = status
    this.remedy = body.remedy
    this.fields = body.fields ?? []
  }
}

const unreachable = new Problem(0, {
  message: "the runner does not answer",
  remedy: "Look whether it is running (batch-exports start), then try again.",
})

/** Told when a session has ended, so that the page can ask for the token. */
let onUnauthorized = () => {}
export const whenUnauthorized = (told: () => void): void => {
  onUnauthorized = told
}

export const send = async (method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> => {
  let response: Response
  try {
    response = await fetch(path, {
      method,
      signal: signal ?? null,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    })
  } catch (error) {
    throw error instanceof DOMException && error.name === "AbortError" ? error : unreachable
  }
  if (response.ok) return response
  if (response.status === 401 && path !== "/api/session") onUnauthorized()
  throw new Problem(response.status, await response.json().catch(() => ({})))
}

const json = async <A>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<A> => {
  const response = await send(method, path, body, signal)
  return (response.status === 204 ? undefined : await response.json()) as A
}

export const get = <A>(path: string, signal?: AbortSignal): Promise<A> => json("GET", path, undefined, signal)
export const post = <A>(path: string, body: unknown = {}, signal?: AbortSignal): Promise<A> =>
  json("POST", path, body, signal)
export const patch = <A>(path: string, body: unknown): Promise<A> => json("PATCH", path, body)
export const remove = (path: string): Promise<void> => json("DELETE", path)

export const exportPath = (name: string, rest = ""): string => `/api/exports/${encodeURIComponent(name)}${rest}`

export const asProblem = (error: unknown): Problem =>
  error instanceof Problem ? error : new Problem(0, { message: error instanceof Error ? error.message : String(error) })
