/** Who may hold a data folder, and who only looks. */
import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { hold, isHeld } from "../src/store/lock.ts"
import * as Place from "../src/store/Place.ts"
import * as State from "../src/store/State.ts"

const lockFile = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "batch-exports-lock-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true })),
  ),
  (folder) => join(folder, "runner.lock"),
)

it.effect("a second runner is refused, and the folder is free when the first ends", () =>
  Effect.gen(function* () {
    const file = yield* lockFile
    yield* Effect.gen(function* () {
      yield* hold("data", file)
      assert.isTrue(yield* isHeld(file))
      assert.strictEqual((yield* Effect.flip(hold("data", file))).message, "another runner is using data")
    }).pipe(Effect.scoped)
    assert.isFalse(yield* isHeld(file))
  }),
)

it.effect("a lock that cannot be opened is told as the state that cannot be used", () =>
  Effect.gen(function* () {
    const file = yield* lockFile
    mkdirSync(file)
    assert.strictEqual((yield* Effect.flip(hold("data", file)))._tag, "SqlError")
  }),
)

it.effect("a lock that cannot be used is told as such, not as another runner", () =>
  Effect.gen(function* () {
    const file = yield* lockFile
    writeFileSync(file, "not what SQLite keeps in a file".repeat(100))
    const error = yield* Effect.flip(hold("data", file))
    assert.include(error.message, "file is not a database")
    assert.isTrue(yield* isHeld(file))
  }),
)

it.effect("a folder that cannot be made is told as such, also where Node would try for ever", () =>
  Effect.gen(function* () {
    for (const folder of ["/proc/no/such/folder", "/dev/null/folder"]) {
      const error = yield* Effect.flip(Layer.build(State.owned(Place.folder(folder))))
      assert.strictEqual(error._tag, "PlatformError", folder)
    }
  }).pipe(Effect.provide(NodeServices.layer)),
)

it.effect("commands that look at the same moment do not take each other for a runner", () =>
  Effect.gen(function* () {
    const file = yield* lockFile
    const other = new DatabaseSync(file)
    other.exec("BEGIN; SELECT COUNT(*) FROM sqlite_master")
    assert.isFalse(yield* isHeld(file))
    other.close()
    yield* hold("data", file)
  }),
)
