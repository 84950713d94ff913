/** A runner as a process whose API is asked, on the address that its log names. */
import { setTimeout as sleep } from "node:timers/promises"
import type { Started } from "./World.ts"

export interface Listening {
  readonly child: Started
  /** Of its log, so far. */
  readonly lines: () => ReadonlyArray<string>
  readonly ask: (
    path: string,
    method?: "GET" | "POST",
    body?: unknown,
  ) => Promise<{ readonly status: number; readonly text: string }>
}

export const listening = (child: Started): Listening => {
  let said = ""
  child.stderr?.on("data", (part: string) => (said += part))
  const address = async () => {
    for (;;) {
      const found = /metrics on (http:\/\/[^\s"]+)/.exec(said)?.[1]
      if (found !== undefined) return found
      if (child.exitCode !== null) throw new Error(`it ended before it listened: ${said}`)
      await sleep(20)
    }
  }
  const ask: Listening["ask"] = async (path, method = "GET", body = {}) => {
    const base = await address()
    const headers = { origin: base.slice(0, -1), "content-type": "application/json" }
    const response = await fetch(new URL(path, base), {
      method,
      headers,
      ...(method === "POST" ? { body: JSON.stringify(body) } : {}),
    })
    return { status: response.status, text: (await response.text()).trim() }
  }
  return { child, lines: () => said.split("\n").filter((line) => line !== ""), ask }
}
