import { Effect, Fiber, Result } from "effect"
import type { Bench } from "../../Bench.ts"
import { held } from "../../drive/Feed.ts"
import { type Export, exported, persistently, standard } from "../../drive/exported.ts"
import { commitAll, opened, sizeOf, writeAll } from "../../drive/steps.ts"
import { complete, nothing, tidy } from "../../drive/state.ts"
import * as expect from "../../expect.ts"
import { type Cut, make } from "../../faults/Proxy.ts"
import type { Law } from "../../Law.ts"
import { NotApplicable, withoutNetwork } from "../../NotApplicable.ts"

const mayPass =
  "A lost connection passes by itself: classify it as `ConnectionLost` (retry), or `CommitUnknown` (reopen) when the outcome could not be found out."

const standIns = "the kill laws stand in"

/** A world that is reached through a proxy, where it is reached over TCP. */
const proxied = Effect.fnUntraced(function* (bench: Bench) {
  const world = yield* bench.fresh
  const { network } = world.target
  if (network === undefined) return yield* withoutNetwork(bench, world, standIns)
  const proxy = yield* make(network.server)
  const through = { ...world, destination: yield* bench.configure(network.through(proxy.address)) }
  return { world, through, proxy }
})

export const cutWhileWriting: Law = {
  name: "atomicity/cut-while-writing",
  says: "When the network breaks while bytes are sent, the run fails as one that may be retried, nothing is published, and the next run exports all. (Where nothing is reached over TCP, deaths of the process stand for it.)",
  when: ({ visibility }) => ({
    form: visibility === "window" ? "holds" : "weaker",
    covers: [`visibility ${visibility}`],
  }),
  run: Effect.fnUntraced(function* (bench) {
    for (const part of [0, 0.5, 1]) {
      const setting = yield* proxied(bench)
      if (setting instanceof NotApplicable) return setting
      const { proxy, through, world } = setting
      const wanted = standard(bench)
      const size = yield* sizeOf(bench, world, wanted)
      const hold = yield* held(Math.floor(size * part))
      const fiber = yield* Effect.forkChild(Effect.result(exported(bench, through, { ...wanted, feed: hold.feed })))
      yield* Effect.raceFirst(hold.reached, Fiber.join(fiber))
      yield* proxy.cut
      yield* hold.release
      const result = yield* Fiber.join(fiber)
      const when = `a cut after ${Math.floor(size * part)} of ${size} bytes`
      // Before the first byte there need not be a connection that could break.
      if (Result.isSuccess(result)) {
        yield* complete(bench, world, wanted, [wanted.window], `${when}, after which success was reported`)
        continue
      }
      yield* expect.that(result.failure.recovery !== "stop", {
        expected: `a failure that may be retried, after ${when}`,
        seen: expect.told(result.failure),
        advice: mayPass,
      })
      if (bench.form === "holds") yield* nothing(world, wanted, when)
      yield* persistently(bench, world, wanted)
      yield* complete(bench, world, wanted, [wanted.window], when)
      yield* tidy(world, when)
    }
  }),
}

const cuts: Readonly<Record<Cut, string>> = {
  before: "before the server saw them",
  after: "after the server saw them, before its answer arrived",
  meanwhile: "while the server worked on them",
}

/** More than any commit sends; it ends when one got through. */
const mostPieces = 20

export const cutWhileCommitting: Law = {
  name: "atomicity/cut-while-committing",
  says: "When the network breaks while it commits, success is reported only for what is there, and whatever is reported, the next run completes it. (Where nothing is reached over TCP, deaths of the process stand for it.)",
  when: ({ ledger }) => ({ form: ledger === "transactional" ? "holds" : "weaker", covers: [`ledger ${ledger}`] }),
  run: Effect.fnUntraced(function* (bench) {
    for (let piece = 0; piece < mostPieces; piece++) {
      for (const cut of ["before", "after", "meanwhile"] as const) {
        const sprung = yield* Effect.scoped(cutAt(bench, standard(bench), piece, cut))
        if (sprung instanceof NotApplicable) return sprung
        if (!sprung) return
      }
    }
  }),
}

/** Whether the commit sent that many pieces. */
const cutAt = Effect.fnUntraced(function* (bench: Bench, wanted: Export, piece: number, cut: Cut) {
  const setting = yield* proxied(bench)
  if (setting instanceof NotApplicable) return setting
  const { proxy, through, world } = setting
  const when = `a cut on piece ${piece + 1} of the commit, ${cuts[cut]}`
  const [result, sprung] = yield* Effect.gen(function* () {
    const sink = yield* opened(through, wanted)
    const rows = yield* writeAll(bench, sink, wanted)
    const trap = yield* proxy.trap(piece, cut)
    const outcome = yield* Effect.result(commitAll(sink, rows))
    return [outcome, yield* trap.sprung] as const
  }).pipe(Effect.scoped)
  if (Result.isSuccess(result)) {
    yield* complete(bench, world, wanted, [wanted.window], `${when}, after which success was reported`)
  } else {
    yield* expect.that(result.failure.recovery !== "stop", {
      expected: `a failure that may be retried, after ${when}`,
      seen: expect.told(result.failure),
      advice: mayPass,
    })
  }
  yield* persistently(bench, world, wanted)
  yield* complete(bench, world, wanted, [wanted.window], when)
  yield* tidy(world, when)
  return sprung
})
