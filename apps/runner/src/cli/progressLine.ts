/** How far something is, on standard error: a bar that is redrawn on a terminal, a plain line now and then elsewhere. */
import { Clock, Effect, type Scope } from "effect"

const CLEAR = "\r\u001b[2K"
const PLAIN_MILLIS = 5_000
const WIDTH = 24

export interface ProgressLine {
  /** `done` is between 0 and 1. */
  readonly show: (done: number, text: string) => Effect.Effect<void>
}

export const make = Effect.fnUntraced(function* (options: {
  readonly enabled: boolean
}): Effect.fn.Return<ProgressLine, never, Scope.Scope> {
  if (!options.enabled) return { show: () => Effect.void }
  const { stderr } = process
  let shown = 0
  if (stderr.isTTY) yield* Effect.addFinalizer(() => Effect.sync(() => stderr.write(CLEAR)))
  return {
    show: (done, text) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const percent = `${Math.floor(done * 100)}`.padStart(3)
        if (stderr.isTTY) stderr.write(`${CLEAR}${bar(done)} ${percent} %  ${text}`)
        else if (now - shown >= PLAIN_MILLIS) {
          shown = now
          stderr.write(`${percent} %  ${text}\n`)
        }
      }),
  }
})

const bar = (done: number): string => {
  const full = Math.round(done * WIDTH)
  return `${"█".repeat(full)}${"░".repeat(WIDTH - full)}`
}
