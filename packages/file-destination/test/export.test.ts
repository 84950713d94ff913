/** What an export leaves in the folder. */
import { Window } from "@batch-exports/core"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Exit, Fiber, Scope, Stream } from "effect"
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { temporary } from "./support/harness.ts"
import { allWindows, content, leftovers } from "./support/reader.ts"
import { bytesOf, configure, exportOnce, hours, linesOf, runOf, writeAll } from "./support/run.ts"

const folderIn = Effect.map(temporary, (base) => join(base, "deep", "out"))

const contentOf = (folder: string): string =>
  Buffer.concat(allWindows(folder).map((window) => content(folder, window))).toString("utf8")

const textOf = (...windows: ReadonlyArray<Window.Window>): string =>
  windows
    .flatMap(linesOf)
    .map((line) => `${line}\n`)
    .join("")

describe("an export to files", () => {
  it.effect("writes a file, and an entry of the manifest that names it", () =>
    Effect.gen(function* () {
      const folder = yield* folderIn
      const receipt = yield* exportOnce(configure(folder))
      assert.deepStrictEqual(receipt?.stored, { received: 10, inserted: 10, updated: 0, unchanged: 0 })
      const [window, ...others] = allWindows(folder)
      assert.deepStrictEqual(others, [])
      assert.deepInclude(window, { start: "2026-01-31T00:00:00.000Z", end: "2026-01-31T01:00:00.000Z", rows: 10 })
      assert.match(
        window?.files[0]?.path ?? "",
        /^events\/2026\/01\/31\/20260131T000000Z_20260131T010000Z_0001-[0-9a-f]{12}\.jsonl$/,
      )
      assert.strictEqual(contentOf(folder), textOf(hours(0, 1)))
      assert.deepStrictEqual(leftovers(folder), [])
    }),
  )

  it.effect("exports only what the manifest lacks", () =>
    Effect.gen(function* () {
      const folder = yield* folderIn
      const to = configure(folder)
      yield* exportOnce(to, runOf({ window: hours(1, 2) }))
      assert.isUndefined(yield* exportOnce(to, runOf({ window: hours(1, 2) })))
      const whole = runOf({ window: hours(0, 3) })
      assert.deepStrictEqual((yield* to.plan(whole)).missing.map(Window.format), [
        Window.format(hours(0, 1)),
        Window.format(hours(2, 3)),
      ])
      yield* exportOnce(to, whole)
      const rows = Array.from(yield* Stream.runCollect(to.ledger("events")))
      assert.deepStrictEqual(
        rows.map((row) => [Window.format(row.window), row.rows, row.bytes]),
        [hours(0, 1), hours(1, 2), hours(2, 3)].map((window) => [
          Window.format(window),
          10,
          Buffer.byteLength(textOf(window)),
        ]),
      )
      assert.deepStrictEqual(contentOf(folder).split("\n").sort(), textOf(hours(0, 3)).split("\n").sort())
      assert.deepStrictEqual(Array.from(yield* Stream.runCollect(to.ledger("another"))), [])
    }),
  )

  it.effect.each(["none", "gzip", "zstd"])("splits at whole records, compressed with %s", (compression) =>
    Effect.gen(function* () {
      const folder = yield* folderIn
      const splitBytes = Buffer.byteLength(`${linesOf(hours(0, 1))[0]}\n`) * 3 - 1
      yield* exportOnce(configure(folder, { compression, splitBytes }))
      const [window] = allWindows(folder)
      assert.deepStrictEqual(
        window?.files.map(({ rows }) => rows),
        [3, 3, 3, 1],
      )
      assert.strictEqual(contentOf(folder), textOf(hours(0, 1)))
    }),
  )

  it.effect("records an empty window without a file", () =>
    Effect.gen(function* () {
      const folder = yield* folderIn
      const to = configure(folder)
      yield* Effect.scoped(
        Effect.gen(function* () {
          const sink = yield* to.open(runOf())
          yield* sink.write({ window: hours(0, 1), bytes: bytesOf([]) })
          yield* sink.commit({ rows: 0, adjusted: {} })
        }),
      )
      assert.deepStrictEqual(
        allWindows(folder).map(({ files, rows }) => ({ files, rows })),
        [{ files: [], rows: 0 }],
      )
      assert.deepStrictEqual(leftovers(folder), [])
    }),
  )

  it.effect("replaces whole windows when forced, and removes their files", () =>
    Effect.gen(function* () {
      const folder = yield* folderIn
      yield* exportOnce(configure(folder), runOf({ window: hours(0, 1) }))
      yield* exportOnce(configure(folder), runOf({ window: hours(1, 2) }))
      yield* exportOnce(configure(folder), runOf({ window: hours(0, 2), mode: "force", id: "again" }))
      assert.deepStrictEqual(
        allWindows(folder).map(({ rows }) => rows),
        [20],
      )
      assert.strictEqual(contentOf(folder), textOf(hours(0, 2)))
      assert.deepStrictEqual(leftovers(folder), [])
      const error = yield* Effect.flip(
        exportOnce(configure(folder), runOf({ window: hours(1, 2), mode: "force", id: "part" })),
      )
      assert.deepInclude(error, { reason: "Unsupported" })
      assert.include(error.message, Window.format(hours(0, 2)))
      assert.strictEqual(contentOf(folder), textOf(hours(0, 2)))
    }),
  )

  it.effect("says that the definition changed", () =>
    Effect.gen(function* () {
      const to = configure(yield* folderIn)
      yield* exportOnce(to)
      const plan = yield* to.plan(runOf({ definition: "d2" }))
      assert.deepStrictEqual(plan.missing, [])
      assert.include(plan.notices.join(), "1 exported windows were made by another one")
    }),
  )

  it.effect("takes all fields of the model when it is told to", () =>
    Effect.gen(function* () {
      const folder = yield* folderIn
      const created = yield* configure(folder).plan(runOf())
      assert.deepStrictEqual(created.projection.leftOut, ["late"])
      const all = yield* configure(folder, { fields: "all" }).plan(runOf())
      assert.deepStrictEqual(all.projection.leftOut, [])
      assert.isFalse(existsSync(folder), "a plan touches nothing")
    }),
  )
})

describe("what is not committed", () => {
  it.effect("leaves nothing when it is closed", () =>
    Effect.gen(function* () {
      const base = yield* temporary
      const to = configure(join(base, "deep", "out"))
      yield* Effect.scoped(Effect.flatMap(to.open(runOf()), writeAll))
      assert.deepStrictEqual(readdirSync(base), [])
    }),
  )

  it.effect("publishes nothing on a mismatch", () =>
    Effect.gen(function* () {
      const base = yield* temporary
      const to = configure(join(base, "out"))
      const error = yield* Effect.flip(
        Effect.scoped(
          Effect.gen(function* () {
            const sink = yield* to.open(runOf())
            yield* writeAll(sink)
            yield* sink.commit({ rows: 11, adjusted: {} })
          }),
        ),
      )
      assert.deepInclude(error, { reason: "CountMismatch", recovery: "reopen" })
      assert.deepStrictEqual(readdirSync(base), [])
    }),
  )

  it.effect("refuses calls out of order", () =>
    Effect.gen(function* () {
      const to = configure(yield* folderIn)
      const scope = yield* Scope.make()
      const sink = yield* Scope.provide(to.open(runOf()), scope)
      const part = { window: hours(0, 1), bytes: bytesOf(linesOf(hours(0, 1))) }
      const reasons = [
        yield* Effect.flip(sink.commit({ rows: 0, adjusted: {} })),
        yield* Effect.flip(sink.write({ ...part, window: hours(1, 2) })),
      ]
      yield* sink.write(part)
      yield* sink.commit({ rows: 10, adjusted: {} })
      reasons.push(yield* Effect.flip(sink.commit({ rows: 10, adjusted: {} })))
      reasons.push(yield* Effect.flip(sink.write(part)))
      yield* Scope.close(scope, Exit.void)
      reasons.push(yield* Effect.flip(sink.write(part)))
      assert.deepStrictEqual(
        reasons.map(({ reason }) => reason),
        ["Misuse", "Misuse", "Misuse", "Misuse", "Misuse"],
      )
    }),
  )

  it.effect("refuses a last record without an end", () =>
    Effect.gen(function* () {
      const base = yield* temporary
      const torn = (async function* () {
        yield Buffer.from("1\n2")
      })()
      const error = yield* Effect.flip(
        Effect.scoped(
          Effect.flatMap(configure(join(base, "out")).open(runOf()), (sink) =>
            sink.write({ window: hours(0, 1), bytes: torn }),
          ),
        ),
      )
      assert.deepInclude(error, { reason: "Misuse" })
      assert.deepStrictEqual(readdirSync(base), [])
    }),
  )

  it.live("leaves nothing when it is interrupted while the source is silent", () =>
    Effect.gen(function* () {
      const base = yield* temporary
      const asked = Promise.withResolvers<void>()
      const silent = async function* () {
        yield Buffer.from("1\n")
        asked.resolve()
        await new Promise(() => undefined)
      }
      for (const compression of ["none", "zstd"]) {
        const fiber = yield* Effect.forkChild(
          Effect.scoped(
            Effect.flatMap(configure(join(base, "out"), { compression }).open(runOf()), (sink) =>
              sink.write({ window: hours(0, 1), bytes: silent() }),
            ),
          ),
        )
        yield* Effect.promise(() => asked.promise)
        yield* Fiber.interrupt(fiber)
        assert.deepStrictEqual(readdirSync(base), [])
      }
    }),
  )
})

describe("a folder that cannot be used", () => {
  it.effect("a file in its path", () =>
    Effect.gen(function* () {
      const base = yield* temporary
      writeFileSync(join(base, "file"), "")
      const to = configure(join(base, "file", "out"))
      const steps = Array.from(yield* Stream.runCollect(to.check(runOf().model)))
      assert.deepStrictEqual(
        steps.map(({ id, status }) => [id, status]),
        [["folder", "failed"]],
      )
      assert.include((yield* Effect.flip(exportOnce(to))).message, "a part of the path is a file")
    }),
  )

  it.effect("a manifest that is damaged, or lacks an entry", () =>
    Effect.gen(function* () {
      const folder = yield* folderIn
      const to = configure(folder)
      yield* exportOnce(to)
      const manifest = join(folder, "_batch_exports", "manifest")
      const file = join(manifest, readdirSync(manifest)[0] ?? "", "0000000001.json")
      const whole = readFileSync(file, "utf8")
      for (const text of [whole.slice(0, -10), "", whole.replace('"export":"events"', '"export":"other"')]) {
        writeFileSync(file, text)
        assert.deepInclude(yield* Effect.flip(exportOnce(to)), { reason: "LedgerUnusable", recovery: "stop" })
      }
    }),
  )

  it.effect("a check passes and leaves nothing, whether the folder is there or not", () =>
    Effect.gen(function* () {
      const base = yield* temporary
      for (const folder of [base, join(base, "not", "yet")]) {
        const steps = Array.from(yield* Stream.runCollect(configure(folder).check(runOf().model)))
        assert.deepStrictEqual(
          steps.map(({ id, status }) => [id, status]),
          ["folder", "write", "publish", "space"].map((id) => [id, "passed"]),
        )
        assert.deepStrictEqual(readdirSync(base), [])
      }
    }),
  )
})

describe("time", () => {
  it.effect("is UTC in names, to the millisecond", () =>
    Effect.gen(function* () {
      const folder = yield* folderIn
      const window = new Window.Window({
        start: DateTime.makeUnsafe("2026-02-28T23:59:59.125Z"),
        end: DateTime.makeUnsafe("2026-03-01T00:00:00Z"),
      })
      const template = "{year}-{month}-{day}T{hour}{minute}/{window_start}.{part}"
      yield* exportOnce(configure(folder, { template }), runOf({ window }))
      assert.match(
        allWindows(folder)[0]?.files[0]?.path ?? "",
        /^2026-02-28T2359\/20260228T235959\.125Z\.0001-[0-9a-f]+\.jsonl$/,
      )
    }),
  )
})
