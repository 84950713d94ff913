import { Effect } from "effect"
import { readdirSync } from "node:fs"
import { exported, standard } from "../../drive/exported.ts"
import { opened } from "../../drive/steps.ts"
import { tidy } from "../../drive/state.ts"
import { hours } from "../../drive/things.ts"
import * as expect from "../../expect.ts"
import { always, type Law } from "../../Law.ts"

const times = 20

export const manyOpens: Law = {
  name: "lifecycle/many-opens",
  says: "However often a destination is opened and closed, it holds no more connections and files than before.",
  when: always,
  run: Effect.fnUntraced(function* (bench) {
    const world = yield* bench.fresh
    // What a first use loads and keeps, such as a list of authorities, is not a leak.
    yield* Effect.scoped(opened(world, standard(bench)))
    const before = yield* descriptors
    for (let count = 0; count < times; count++) yield* Effect.scoped(opened(world, standard(bench)))
    for (let hour = 0; hour < 5; hour++) {
      yield* expect.succeeds(
        exported(bench, world, { window: hours(hour, hour + 1) }),
        "an export succeeds after many openings",
        "Close what `open` acquires with its scope.",
      )
    }
    // Others in this process may hold a few of their own.
    const allowed = before + 4
    yield* expect.eventually(
      descriptors,
      (now) => now <= allowed,
      (now) => ({
        expected: `no more than ${allowed} open connections and files after ${times} openings (${before} before)`,
        seen: `${now}`,
        advice: "Acquire each connection and file with `Effect.acquireRelease`, so that closing the scope closes it.",
      }),
    )
    yield* tidy(world, `${times} openings`)
  }),
}

/** Linux lists them; elsewhere Node says what it waits for. */
const descriptors = Effect.sync(() => {
  try {
    return readdirSync("/proc/self/fd").length
  } catch {
    return process.getActiveResourcesInfo().filter((name) => name.endsWith("Wrap")).length
  }
})
