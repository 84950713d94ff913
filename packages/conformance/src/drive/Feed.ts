/** The byte stream, which the suite owns: cut anywhere, held at any byte, or broken off. */
import { Deferred, Effect } from "effect"

/** How the bytes of one window are handed over. */
export type Feed = (bytes: Uint8Array) => AsyncIterable<Uint8Array>

export const whole: Feed = async function* (bytes) {
  if (bytes.length > 0) yield bytes
}

/** A fresh copy for each chunk, as sources give: a destination may keep none of them, nor write into them. */
export const chunks = (size: number): Feed =>
  async function* (bytes) {
    for (let from = 0; from < bytes.length; from += size) yield bytes.slice(from, from + size)
  }

/** Throws after `at` bytes, as a source does whose answer broke off. */
export const broken = (at: number): Feed =>
  async function* (bytes) {
    if (at > 0) yield bytes.slice(0, at)
    throw new Error("the source broke off")
  }

export interface Held {
  readonly feed: Feed
  /** Until the destination has asked for more than the first `at` bytes: it has taken them in, or set them aside. */
  readonly reached: Effect.Effect<void>
  readonly release: Effect.Effect<void>
}

/** Hands over `at` bytes and then nothing until released. */
export const held = (at: number): Effect.Effect<Held> =>
  Effect.gen(function* () {
    const reached = yield* Deferred.make<void>()
    const released = yield* Deferred.make<void>()
    return {
      feed: async function* (bytes) {
        if (at > 0) yield bytes.slice(0, at)
        Effect.runSync(Deferred.succeed(reached, undefined))
        await Effect.runPromise(Deferred.await(released))
        if (at < bytes.length) yield bytes.slice(at)
      },
      reached: Deferred.await(reached),
      release: Effect.asVoid(Deferred.succeed(released, undefined)),
    }
  })
