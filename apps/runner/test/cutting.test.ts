/** What is left of a run that was cut, and what all its parts come to: without servers. */
import { type Destination, type ExportWindow, type Run, type Source, Window } from "@batch-exports/core"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Deferred, Effect, Stream } from "effect"
import * as Cutting from "../src/cutting.ts"

const minutes = (from: number, to: number) =>
  new Window.Window({ start: DateTime.makeUnsafe(from * 60_000), end: DateTime.makeUnsafe(to * 60_000) })

const part = (from: number, to: number): Source.Cut => ({ window: minutes(from, to), holds: { rows: 10, bytes: 100 } })

const exported = (window: Window.Window, rows: number, notices: ReadonlyArray<string> = []): ExportWindow.Outcome => ({
  _tag: "Exported",
  windows: [window],
  sent: { rows, adjusted: { properties: 1 } },
  stored: { received: rows, inserted: rows, updated: 0, unchanged: 0 },
  bytes: rows * 10,
  encoding: "jsonl",
  leftOut: ["x"],
  committedAt: window.end,
  timings: { open: 1, transfer: 2, commit: 3 },
  notices,
})

describe("a run that is cut", () => {
  it("has left what is missing of its parts, whatever the parts were the last time", () => {
    const parts = [part(0, 10), part(10, 20), part(20, 30)]
    const left = (...missing: ReadonlyArray<Window.Window>) =>
      Cutting.rest(parts, missing).map(({ window }) => Window.format(window))
    const formatted = (...windows: ReadonlyArray<Window.Window>) => windows.map(Window.format)
    assert.deepStrictEqual(left(minutes(0, 30)), formatted(minutes(0, 10), minutes(10, 20), minutes(20, 30)))
    assert.deepStrictEqual(left(minutes(13, 30)), formatted(minutes(13, 20), minutes(20, 30)))
    assert.deepStrictEqual(
      left(minutes(2, 4), minutes(8, 12)),
      formatted(minutes(2, 4), minutes(8, 10), minutes(10, 12)),
    )
    assert.deepStrictEqual(left(), [])
  })

  it("comes to the sum of its parts; those that were there already add nothing", () => {
    const there: ExportWindow.Outcome = { _tag: "AlreadyExported", notices: ["a note"] }
    assert.deepStrictEqual(Cutting.total([there]), there)
    const one = exported(minutes(0, 10), 3)
    assert.deepStrictEqual(Cutting.total([one]), one)
    const total = Cutting.total([exported(minutes(10, 20), 4, ["a note"]), there, one])
    assert.deepInclude(total, {
      windows: [minutes(0, 10), minutes(10, 20)],
      sent: { rows: 7, adjusted: { properties: 2 } },
      stored: { received: 7, inserted: 7, updated: 0, unchanged: 0 },
      bytes: 70,
      committedAt: minutes(0, 20).end,
      timings: { open: 2, transfer: 4, commit: 6 },
      notices: ["a note", "Cut into 2 sub-windows, each committed by itself."],
    })
  })

  it.effect("is cut only where that was asked for, by a source that can, and not when it exports again", () =>
    Effect.gen(function* () {
      const source = { cut: () => Effect.succeed([part(0, 10), part(10, 20)]) } as unknown as Source.Opened
      const run = { id: "r", export: "e", window: minutes(0, 20), mode: "once" as const }
      const limits = { rows: 1, bytes: 1, parallel: 1 }
      assert.lengthOf(yield* Cutting.cut({ source, run, limits }), 2)
      assert.lengthOf(yield* Cutting.cut({ source, run, limits: undefined }), 0)
      assert.lengthOf(yield* Cutting.cut({ source, run: { ...run, mode: "force" }, limits }), 0)
      const { cut: _, ...without } = source
      assert.lengthOf(yield* Cutting.cut({ source: without, run, limits }), 0)
    }),
  )

  it.effect("looks at the ledger and at where records lie, and says what the ledger holds", () =>
    Effect.gen(function* () {
      const asked: Array<string> = []
      const limits = { rows: 1, bytes: 1, parallel: 1 }
      const workOf = (options: {
        readonly watermark: number
        readonly missing: ReadonlyArray<Window.Window>
        readonly held: ReadonlyArray<readonly [window: Window.Window, run: string, definition: string]>
        readonly parts?: ReadonlyArray<Source.Cut>
      }) =>
        Cutting.workOf({
          limits,
          run: { id: "r", export: "e", window: minutes(0, 20), mode: "once" },
          source: {
            encodings: ["jsonl"],
            model: { name: "m", schema: { fields: [] }, identity: { _tag: "Append" } },
            definition: "new",
            now: Effect.succeed(DateTime.makeUnsafe(options.watermark * 60_000)),
            cut: () =>
              Effect.sync(() => {
                asked.push("cut")
                return options.parts ?? [part(0, 10), part(10, 20)]
              }),
          } as unknown as Source.Opened,
          destination: {
            plugin: { capabilities: { identities: ["Append"], modes: ["once"], encodings: ["jsonl"], types: [] } },
            open: () =>
              Effect.acquireRelease(
                Effect.sync(() => {
                  asked.push("open")
                  return { missing: options.missing, projection: { encoding: "jsonl", leftOut: [] } }
                }),
                () => Effect.sync(() => asked.push("close")),
              ),
            ledger: () => {
              asked.push("ledger")
              return Stream.fromIterable(
                options.held.map(([window, run, definition]) => ({
                  export: "e",
                  window,
                  run,
                  definition,
                  rows: 5,
                  bytes: 50,
                  committedAt: window.end,
                })),
              )
            },
          } as unknown as Destination.Configured,
        })
      const sorted = (work: Cutting.Work) => work.parts.map(({ window }) => Window.format(window))
      const open = yield* Effect.flip(workOf({ watermark: 10, missing: [minutes(0, 20)], held: [] }))
      assert.deepStrictEqual([open.reason, asked.splice(0)], ["WindowOpen", []])

      const fresh = yield* workOf({ watermark: 30, missing: [minutes(0, 20)], held: [] })
      assert.deepStrictEqual(
        [sorted(fresh).length, fresh.before, asked.splice(0)],
        [2, undefined, ["open", "cut", "close"]],
      )

      // It died after its first sub-window, and the definition was changed then. One connection at a time.
      const half = yield* workOf({
        watermark: 30,
        missing: [minutes(10, 20)],
        held: [
          [minutes(-10, 0), "r", "old"],
          [minutes(0, 10), "r", "old"],
        ],
      })
      assert.deepStrictEqual(sorted(half), [Window.format(minutes(10, 20))])
      assert.deepInclude(half.before, { _tag: "Exported", bytes: 50 })
      assert.match(half.before?.notices.join() ?? "", /^1 committed window was exported with another definition/)
      assert.deepStrictEqual(asked.splice(0), ["open", "close", "ledger", "cut"])

      // Rows that were counted when they were exported are not counted again.
      const done = yield* workOf({ watermark: 30, missing: [], held: [[minutes(0, 20), "r", "new"]] })
      assert.deepInclude(done, { parts: [], before: { _tag: "AlreadyExported", notices: [] } })
      const other = yield* workOf({ watermark: 30, missing: [], held: [[minutes(0, 20), "r", "old"]] })
      assert.lengthOf(other.before?.notices ?? [], 1)
      assert.deepStrictEqual(asked.splice(0), ["open", "close", "ledger", "open", "close", "ledger"])

      // What is open already is used, and closed with whoever used it: another attempt finds it as new as ever.
      const once = yield* workOf({ watermark: 30, missing: [minutes(0, 20)], held: [], parts: [part(0, 20)] })
      assert.deepStrictEqual([sorted(once), asked.splice(0)], [[Window.format(minutes(0, 20))], ["open", "cut"]])
      const run = {} as Run.Run
      yield* Effect.scoped(once.destination.open(run))
      assert.deepStrictEqual(asked.splice(0), ["close"])
      yield* Effect.scoped(once.destination.open(run))
      assert.deepStrictEqual(asked.splice(0), ["open", "close"])
    }),
  )

  it.effect("is looked at while the destination is opened, and not waited for where all of it is there already", () =>
    Effect.gen(function* () {
      const isAsked = yield* Deferred.make<void>()
      const window = minutes(0, 20)
      const workOf = (missing: ReadonlyArray<Window.Window>, answer: Effect.Effect<ReadonlyArray<Source.Cut>>) =>
        Cutting.workOf({
          limits: { rows: 1, bytes: 1, parallel: 1 },
          run: { id: "r", export: "e", window, mode: "once" },
          source: {
            encodings: ["jsonl"],
            model: { name: "m", schema: { fields: [] }, identity: { _tag: "Append" } },
            definition: "d",
            now: Effect.succeed(DateTime.makeUnsafe(30 * 60_000)),
            cut: () => Effect.andThen(Deferred.succeed(isAsked, undefined), answer),
          } as unknown as Source.Opened,
          destination: {
            plugin: { capabilities: { identities: ["Append"], modes: ["once"], encodings: ["jsonl"], types: [] } },
            open: () => Effect.as(Deferred.await(isAsked), { missing, projection: { encoding: "jsonl", leftOut: [] } }),
            ledger: () => Stream.empty,
          } as unknown as Destination.Configured,
        })
      assert.lengthOf((yield* workOf([window], Effect.succeed([part(0, 10), part(10, 20)]))).parts, 2)
      assert.lengthOf((yield* workOf([], Effect.never)).parts, 0)
    }),
  )
})
