/** Progress of a transfer on standard error: one line redrawn on a terminal, a plain line now and then elsewhere. */
import { Clock, Effect, type Scope } from "effect"
import * as Format from "./format.ts"

export interface Progress {
  readonly update: (bytes: number) => void
}

const CLEAR = "\r\u001b[2K"
const REDRAW_MILLIS = 100
const PLAIN_MILLIS = 5_000

/** Shows `label` until the scope closes. Cheap enough to be called for every chunk of bytes. */
export const make = Effect.fnUntraced(function* (
  label: string,
  options: { readonly enabled: boolean },
): Effect.fn.Return<Progress, never, Scope.Scope> {
  if (!options.enabled) return { update: () => {} }
  const clock = yield* Clock.Clock
  const { stderr } = process
  const started = clock.currentTimeMillisUnsafe()
  let shown = started
  const line = (bytes: number, now: number) =>
    `${label}  ${Format.bytes(bytes)}  ${Format.bytes((bytes * 1000) / Math.max(1, now - started))}/s`
  if (stderr.isTTY) {
    stderr.write(`${label} …`)
    yield* Effect.addFinalizer(() => Effect.sync(() => stderr.write(CLEAR)))
  }
  return {
    update: (bytes) => {
      const now = clock.currentTimeMillisUnsafe()
      if (now - shown < (stderr.isTTY ? REDRAW_MILLIS : PLAIN_MILLIS)) return
      shown = now
      stderr.write(stderr.isTTY ? `${CLEAR}${line(bytes, now)}` : `${line(bytes, now)}\n`)
    },
  }
})
