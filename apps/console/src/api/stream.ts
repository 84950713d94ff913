/** Server-sent events: of a request with a body, and of what changes. */
import { send } from "./client.ts"

/** Each message as it comes; ends with the answer. */
export async function* messages<A>(path: string, body: unknown, signal: AbortSignal): AsyncGenerator<A> {
  const response = await send("POST", path, body, signal)
  if (response.body === null) return
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ""
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    const blocks = (rest + value).split("\n\n")
    rest = blocks.pop() ?? ""
    for (const block of blocks) {
      const data = block
        .split("\n")
        .flatMap((line) => (line.startsWith("data:") ? [line.slice(5).trimStart()] : []))
        .join("\n")
      if (data !== "") yield JSON.parse(data) as A
    }
  }
}

type Listener = (changed: ReadonlySet<string>) => void
const listeners = new Set<Listener>()
let source: EventSource | undefined

/** After a pause of the connection, anything may have changed. */
const all: ReadonlySet<string> = new Set(["exports", "runs", "backfills"])

const PAUSE = 5_000

const connect = (isFirst: boolean): EventSource => {
  const opened = new EventSource("/api/events")
  let missedNothing = isFirst
  opened.addEventListener("open", () => {
    if (!missedNothing) for (const listener of listeners) listener(all)
    missedNothing = false
  })
  // The browser tries again by itself, unless it was refused: a session that ended, a proxy without its runner.
  opened.addEventListener("error", () => {
    if (opened.readyState !== EventSource.CLOSED || source !== opened) return
    source = undefined
    setTimeout(() => {
      if (listeners.size > 0) source ??= connect(false)
    }, PAUSE)
  })
  opened.addEventListener("message", (event: MessageEvent<string>) => {
    const { changed } = JSON.parse(event.data) as { readonly changed: ReadonlyArray<string> }
    if (changed.length > 0) for (const listener of listeners) listener(new Set(changed))
  })
  return opened
}

/** Word of changes, over one connection for the whole page. */
export const onChange = (listener: Listener): (() => void) => {
  listeners.add(listener)
  source ??= connect(true)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    source?.close()
    source = undefined
  }
}
