/**
 * kill -9 at any change of the file system: a reader sees all or nothing, the next run completes, nothing is left. What a
 * killed process leaves is what was there at that moment, so one run that copies the folder before each change stands for
 * all of them; some are killed in earnest.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { temporary } from "./support/harness.ts"
import { allWindows, content, leftovers } from "./support/reader.ts"
import { configure, exportOnce, hours, linesOf } from "./support/run.ts"

const program = fileURLToPath(new URL("support/killed.ts", import.meta.url))

/** Several files, in folders of their own. */
const settings = { compression: "gzip", splitBytes: 150 }

/** Answers with the number of changes; undefined for a process that was killed. */
const start = (folder: string, copies: string, last: number): Effect.Effect<number | undefined> =>
  Effect.promise(
    () =>
      new Promise((resolve, reject) => {
        const conditions = "--conditions=@batch-exports/source"
        const values = [conditions, program, folder, copies, String(last), JSON.stringify(settings)]
        const child = spawn(process.execPath, values, { stdio: ["ignore", "pipe", "inherit"] })
        let said = ""
        child.stdout.on("data", (text) => (said += String(text)))
        child.on("error", reject)
        child.on("close", (code, signal) => {
          if (signal === "SIGKILL") resolve(undefined)
          else if (code === 0) resolve(Number(said))
          else reject(new Error(`the export failed with ${code}`))
        })
      }),
  )

const seen = (folder: string): string =>
  Buffer.concat(allWindows(folder).map((window) => content(folder, window))).toString("utf8")

const whole = linesOf(hours(0, 1))
  .map((line) => `${line}\n`)
  .join("")

/** Answers with what a reader saw before. */
const recover = Effect.fnUntraced(function* (folder: string, at: number) {
  const before = seen(folder)
  assert.isTrue(before === "" || before === whole, `a reader sees a part at change ${at}`)
  const again = yield* exportOnce(configure(folder, settings))
  assert.strictEqual(again === undefined, before === whole, `change ${at}`)
  assert.strictEqual(seen(folder), whole, `change ${at}`)
  assert.deepStrictEqual(leftovers(folder), [], `change ${at}`)
  return before === "" ? "nothing" : "everything"
})

describe("a run that is killed", () => {
  it.live("at any change", () =>
    Effect.gen(function* () {
      const base = yield* temporary
      const copies = join(base, "copies")
      const changes = yield* start(join(base, "out"), copies, 0)
      const numbers = readdirSync(copies)
        .map(Number)
        .sort((a, b) => a - b)
      assert.isAbove(numbers.length, 30)
      assert.strictEqual(numbers.at(-1), changes)
      const found: Array<string> = []
      for (const at of numbers) found.push(yield* recover(join(copies, String(at)), at))
      // The link of the manifest's entry is the one change between the two.
      const committed = found.indexOf("everything")
      assert.isAbove(committed, 10)
      assert.deepStrictEqual(new Set(found.slice(committed)), new Set(["everything"]))

      for (const at of [9, committed, committed + 2].map((index) => numbers[index] ?? 0)) {
        const folder = join(base, `killed-${at}`)
        assert.isUndefined(yield* start(folder, "", at))
        yield* recover(folder, at)
      }
    }),
  )
})
