/** The CPU time of a server whose children end at that very moment: none of it may be missed. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { backends, backendsGone } from "../src/backends.ts"
import * as Proc from "../src/proc.ts"

const children = 10
/** Uses some CPU time in one child after the other, and stays. */
const family = `i=0; while [ $i -lt ${children} ]; do (j=0; while [ $j -lt 60000 ]; do j=$((j+1)); done) & wait; i=$((i+1)); done; read line`

describe.runIf(Proc.available)("a family of processes", () => {
  it.live("never has less CPU time than it had, and its children are waited for", () =>
    Effect.gen(function* () {
      const { pid } = yield* Effect.acquireRelease(
        Effect.sync(() => spawn("sh", ["-c", family], { stdio: ["pipe", "ignore", "ignore"] })),
        (child) => Effect.sync(() => child.kill("SIGKILL")),
      )
      const server = { postmasterPid: pid }
      let most = 0
      let ended = 0
      let last = backends(server)
      while (ended < children / 2) {
        const used = Proc.cpuOfFamily(pid!)
        // Ticks of the parent and its children are rounded one by one.
        assert.isAtLeast(used, most - 0.03)
        most = Math.max(most, used)
        const now = backends(server)
        ended += [...last].filter((child) => !now.has(child)).length
        last = now
      }
      yield* backendsGone(server, new Set())
      assert.isAbove(most, 0)
      yield* backendsGone({ postmasterPid: undefined }, new Set())
    }).pipe(Effect.scoped),
  )
})
