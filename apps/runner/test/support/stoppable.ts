/** A Postgres that can be stopped and started again where it was, with all that it holds. */
import { postgres } from "@batch-exports/dev-services"
import { Effect, Exit, Scope } from "effect"
import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

export const stoppable = Effect.fnUntraced(function* () {
  const dataDir = yield* Effect.acquireRelease(
    Effect.sync(() => {
      const folder = mkdtempSync(join(tmpdir(), "batch-exports-state-"))
      // Whoever runs the server must pass through.
      chmodSync(folder, 0o755)
      return folder
    }),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true })),
  )
  let running = yield* Scope.make()
  yield* Effect.addFinalizer(() => stop)
  const stop = Effect.suspend(() => Scope.close(running, Exit.void))
  const server = yield* Scope.provide(postgres({ dataDir }), running)
  const start = Effect.gen(function* () {
    running = yield* Scope.make()
    yield* Scope.provide(postgres({ dataDir, port: server.port }), running)
  })
  return { server, start, stop }
})
