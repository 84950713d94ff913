/** Files of other formats than jsonl: where they are cut, what they are called, and what is refused. */
import { Run } from "@batch-exports/core"
import { assert, describe, it } from "@effect/vitest"
import { FileDestination } from "@batch-exports/file-destination"
import { Effect, Result } from "effect"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { noLines, plainLines, quotedLines, Records } from "../src/sink/Records.ts"
import { temporary } from "./support/harness.ts"
import { allWindows, leftovers } from "./support/reader.ts"
import { configure, runOf } from "./support/run.ts"

/** `SELECT toInt64(number + 1) AS id FROM numbers(3) FORMAT Parquet`, by ClickHouse 26.7. */
const threeRows = Buffer.from(
  "UEFSMRUEFTAVMBWOtty8BTwVBhUAAAABAAAAAAAAAAIAAAAAAAAAAwAAAAAAAAAVABUIFQgV0KGajg8cFQYVEBUGFQYcGAgDAAAAAAAAABgIAQAAAAAAAAA4CAMAAAAAAAAAGAgBAAAAAAAAABERAAAAAgMkACbsARwVBBklABAZGAJpZBUAFgYW5AEW5AEmXiYIHBgIAwAAAAAAAAAYCAEAAAAAAAAAOAgDAAAAAAAAABgIAQAAAAAAAAAREQBMAAAAGRECGRgIAQAAAAAAAAAZGAgDAAAAAAAAABUAABkcFl4VjgEWAAAAFQQZLEgGc2NoZW1hFQIAFQQlABgCaWQAFgYZHBkcJuwBHBUEGSUAEBkYAmlkFQAWBhbkARbkASZeJggcGAgDAAAAAAAAABgIAQAAAAAAAAA4CAMAAAAAAAAAGAgBAAAAAAAAABERAEwAABa+AxUWFoYDFTgAFuQBFgYmCBbkAQAoSkNsaWNrSG91c2UgdmVyc2lvbiAyNi43LjIgKGJ1aWxkIGE2MTU2MzAzZGY2NWMzMDdiZGI4YjY2ZTllOWNjNTYzNzM0NmE2YjgpGRwcAAAA0gAAAFBBUjE=",
  "base64",
)

const offers: Run.Run["offers"] = ["jsonl", "csv", "parquet"]

async function* pieces(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const exported = Effect.fnUntraced(function* (
  folder: string,
  settings: Readonly<Record<string, unknown>>,
  bytes: Uint8Array,
  rows: number,
) {
  const sink = yield* configure(folder, settings).open(runOf({ offers }))
  const window = sink.missing[0]!
  const stored = yield* sink.write({ window, bytes: pieces(bytes, 7) })
  yield* sink.commit({ rows, adjusted: {} })
  return stored
}, Effect.scoped)

describe("parquet", () => {
  it.effect("is one file for a window, and counted by its own end", () =>
    Effect.gen(function* () {
      const folder = join(yield* temporary, "out")
      const stored = yield* exported(folder, { format: "parquet", compression: "zstd" }, threeRows, 3)
      assert.strictEqual(stored.received, 3)
      const [window] = allWindows(folder)
      assert.deepInclude(window, { encoding: "parquet", compression: "zstd", rows: 3, bytes: threeRows.length })
      assert.match(window?.files[0]?.path ?? "", /_0001-[0-9a-f]{12}\.parquet$/)
      assert.isTrue(readFileSync(join(folder, window!.files[0]!.path)).equals(threeRows))
      const plan = yield* configure(folder, { format: "parquet", compression: "gzip" }).plan(runOf({ offers }))
      assert.strictEqual(plan.projection.encoding, "parquet")
      assert.strictEqual(plan.projection.compression, "gzip")
    }),
  )

  it.effect("is refused where it is not whole, and nothing of it stays", () =>
    Effect.gen(function* () {
      const folder = join(yield* temporary, "out")
      const broken = [
        threeRows.subarray(0, 0),
        threeRows.subarray(0, 5),
        threeRows.subarray(0, -1),
        threeRows.subarray(1),
        Buffer.concat([threeRows.subarray(0, 100), threeRows.subarray(101)]),
        Buffer.concat([threeRows, threeRows]),
      ]
      for (const bytes of broken) {
        const error = yield* Effect.flip(exported(folder, { format: "parquet" }, bytes, 3))
        assert.strictEqual(error.reason, "CountMismatch")
        assert.deepStrictEqual([leftovers(folder), allWindows(folder)], [[], []])
      }
      const more = yield* Effect.flip(exported(folder, { format: "parquet" }, threeRows, 4))
      assert.strictEqual(more.reason, "CountMismatch")
      assert.deepStrictEqual([leftovers(folder), allWindows(folder)], [[], []])
    }),
  )

  it("is not divided by size", () => {
    const found = FileDestination.configure({ folder: "/exports", format: "parquet", splitBytes: 1000 })
    if (Result.isSuccess(found)) throw new Error("not refused")
    assert.deepStrictEqual(found.failure.problems[0]?.path, ["splitBytes"])
    assert.match(found.failure.message, /shorter windows/)
  })

  it.effect("is refused where the source does not write it", () =>
    Effect.gen(function* () {
      const folder = join(yield* temporary, "out")
      const error = yield* Effect.flip(Effect.scoped(configure(folder, { format: "parquet" }).open(runOf())))
      assert.strictEqual(error.reason, "Unsupported")
    }),
  )
})

describe("csv", () => {
  const records = ['"1","a"\n', '"2","line\nbreak"\n', '"3",\n', '"4","quote "" and\n""break"""\n', '"5",""\n']

  it.effect("has a line of names, and is cut between records", () =>
    Effect.gen(function* () {
      const folder = join(yield* temporary, "out")
      const settings = { format: "csv", splitBytes: 10, fields: "all" }
      const stored = yield* exported(folder, settings, Buffer.from(records.join("")), records.length)
      assert.strictEqual(stored.received, records.length)
      const [window] = allWindows(folder)
      assert.deepInclude(window, { encoding: "csv", rows: 5, bytes: records.join("").length })
      const files = window!.files.map(({ path }) => readFileSync(join(folder, path), "utf8"))
      assert.deepStrictEqual(
        files.map((text) => text.split('"id","late"\n')[0]),
        files.map(() => ""),
      )
      assert.strictEqual(files.map((text) => text.slice('"id","late"\n'.length)).join(""), records.join(""))
      assert.deepStrictEqual(
        window!.files.map(({ bytes }) => bytes),
        files.map((text) => text.length),
      )
      assert.isTrue(window!.files.every(({ path }) => path.endsWith(".csv")))
      assert.isAbove(readdirSync(join(folder, "events/2026/01/31")).length, 2)
    }),
  )

  it("counts records in pieces of any size", async () => {
    const bytes = Buffer.from(records.join(""))
    for (const lines of [plainLines, quotedLines]) {
      for (let size = 1; size <= bytes.length; size++) {
        const found = new Records(pieces(bytes, size), lines(), new AbortController().signal)
        const files: Array<string> = []
        while (await found.more()) {
          let file = ""
          for await (const piece of found.file(1)) file += Buffer.from(piece).toString()
          files.push(file)
        }
        assert.deepStrictEqual(files, lines === quotedLines ? records : bytes.toString().match(/.*\n/g), `${size}`)
        assert.strictEqual(found.rows, files.length)
      }
    }
    const open = new Records(pieces(Buffer.from('"1\n'), 2), quotedLines(), new AbortController().signal)
    let error: unknown
    try {
      while (await open.more()) for await (const _ of open.file(100)) continue
    } catch (cause) {
      error = cause
    }
    assert.match(String(error), /without a line feed/)
    assert.isTrue(noLines.isBetween())
  })
})
