/** A state that has no space left: what must be written down waits, and is written once there is space again. */
import { assert, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { SqlClient } from "effect/sql"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { patiently } from "../src/store/patiently.ts"
import * as Sqlite from "../src/store/sqlite.ts"
import { isUnwritable } from "../src/store/unwritable.ts"

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "batch-exports-full-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true })),
)

it.live("SQLite", () =>
  Effect.gen(function* () {
    const file = join(yield* folder, "state.sqlite")
    yield* Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* sql`CREATE TABLE lines (line TEXT)`
      yield* sql`PRAGMA max_page_count = 8`
      const write = sql`INSERT INTO lines VALUES (${"x".repeat(3_000)})`
      const error = yield* Effect.flip(Effect.forever(write))
      assert.include(error.message, "database or disk is full")
      const waiting = yield* Effect.forkScoped(patiently(write))
      yield* Effect.sleep("100 millis")
      assert.isUndefined(waiting.pollUnsafe())
      const before = yield* sql`SELECT * FROM lines`
      yield* sql`PRAGMA max_page_count = 100`
      yield* Fiber.join(waiting)
      assert.lengthOf(yield* sql`SELECT * FROM lines`, before.length + 1)
    }).pipe(Effect.provide(Sqlite.layer(file)))
  }).pipe(Effect.scoped),
)

it.each([
  ["SQLITE_FULL", 13, true],
  ["SQLITE_IOERR_WRITE", 10 | (3 << 8), true],
  ["SQLITE_IOERR_FSYNC", 10 | (4 << 8), true],
  ["SQLITE_IOERR_TRUNCATE", 10 | (6 << 8), true],
  ["SQLITE_IOERR_READ", 10 | (1 << 8), false],
  ["SQLITE_IOERR_CORRUPTFS", 10 | (33 << 8), false],
])("%s waits for space: %s, %s", (_, errcode, waits) => {
  const error = Sqlite.failed("statement")(Object.assign(new Error("disk I/O error"), { errcode }))
  assert.deepStrictEqual([error.isRetryable, isUnwritable(error)], [waits, waits])
})
