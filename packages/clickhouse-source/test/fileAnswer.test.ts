/** Answers that are Parquet files, in chunks of any size: whole, broken off, and with an exception anywhere. */
import { assert, layer } from "@effect/vitest"
import { ClickHouseServer } from "@batch-exports/dev-services"
import { Effect } from "effect"
import { FileAnswer } from "../src/read/FileAnswer.ts"
import { client, configured, projection, readAll } from "./support/reading.ts"
import { table } from "./support/table.ts"

const tag = "abcdefghijklmnop"
const block = (message: string) =>
  Buffer.from(`__exception__\r\n${tag}\r\n${message}\n${message.length + 1} ${tag}\r\n__exception__\r\n`)

const answered = (bytes: Buffer, size: number, marked: boolean) => {
  const answer = new FileAnswer({ tag: marked ? tag : undefined })
  const passed: Array<Uint8Array> = []
  for (let at = 0; at < bytes.length; at += size) {
    passed.push(...answer.push(bytes.subarray(at, at + size)))
  }
  return { end: answer.end().end, passed: Buffer.concat(passed) }
}

layer(ClickHouseServer.layer)("an answer that is a file", (it) => {
  it.effect("is taken for what it is, however it is cut", () =>
    Effect.gen(function* () {
      const server = yield* ClickHouseServer
      const name = yield* table(yield* client(server), [{}, {}, { event: "é" }])
      const opened = yield* configured(server, { selection: { table: name, columns: ["uuid", "event", "timestamp"] } })
        .open
      const { bytes, tally } = yield* readAll(opened, {
        projection: { ...projection(opened.model, "parquet", ["uuid", "event", "timestamp"]), compression: "none" },
      })
      assert.deepStrictEqual(tally, { rows: 3, adjusted: {} })
      const message = "Code: 395. DB::Exception: broken"
      for (const size of [1, 7, 100, bytes.length + 500]) {
        for (const marked of [true, false]) {
          const whole = answered(bytes, size, marked)
          assert.deepStrictEqual(whole.end, { _tag: "Whole", rows: 3 })
          assert.isTrue(whole.passed.equals(bytes))
          for (let length = 0; length < bytes.length; length += 31) {
            assert.deepStrictEqual(answered(bytes.subarray(0, length), size, marked).end, { _tag: "CutShort" })
          }
          assert.deepStrictEqual(answered(Buffer.concat([bytes, bytes]), size, marked).end, { _tag: "CutShort" })
        }
        for (const at of [0, 1, 50, bytes.length - 1, bytes.length]) {
          const { end, passed } = answered(Buffer.concat([bytes.subarray(0, at), block(message)]), size, true)
          assert.deepStrictEqual(end, { _tag: "Exception", text: message }, `after ${at}, in pieces of ${size}`)
          assert.isAtMost(passed.length, at + block(message).length - 1)
          const plain = answered(Buffer.concat([bytes.subarray(0, at), Buffer.from(`${message}\n`)]), size, false)
          assert.deepStrictEqual(plain.end, { _tag: "Exception", text: message })
        }
      }
    }),
  )
})
