import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber } from "effect"
import { DestinationError, Framing } from "@batch-exports/core"

const seed = Number(process.env["SEED"] ?? 20_260_131)

/** mulberry32: 0 … bound - 1 */
const generator = (from: number) => {
  let state = from >>> 0
  return (bound: number): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound)
  }
}

const chunks = async function* (text: string | Uint8Array, size: () => number) {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length;) {
    const end = at + size()
    yield bytes.subarray(at, end)
    at = end
  }
}

const collect = async (bytes: AsyncIterable<Uint8Array>, limits: Framing.Limits) => {
  const found: Array<{ readonly text: string; readonly rows: number }> = []
  for await (const batch of Framing.lines(bytes, limits)) {
    found.push({ text: Buffer.from(batch.bytes).toString("utf8"), rows: batch.rows })
  }
  return found
}

const failure = async (text: string, limits: Framing.Limits): Promise<DestinationError> => {
  const error = await collect(
    chunks(text, () => 3),
    limits,
  ).catch((thrown: unknown) => thrown)
  assert.instanceOf(error, DestinationError)
  return error
}

/** The rule, in the plainest words: fill a batch line by line. */
const expected = (text: string, { maxBytes, maxRows = Number.POSITIVE_INFINITY }: Framing.Limits) => {
  const batches: Array<{ text: string; rows: number }> = []
  for (const line of text.split("\n").slice(0, -1)) {
    const last = batches.at(-1)
    const fits = last !== undefined && last.rows < maxRows && Buffer.byteLength(`${last.text}${line}\n`) <= maxBytes
    if (fits) {
      last.text += `${line}\n`
      last.rows += 1
    } else batches.push({ text: `${line}\n`, rows: 1 })
  }
  return batches
}

describe("Framing.lines", () => {
  it("cuts where the rule says, whatever the pieces", async () => {
    const random = generator(seed)
    for (let round = 0; round < 400; round++) {
      const texts = Array.from({ length: random(30) }, () => "aé😀\\n\t".repeat(random(6)).slice(0, random(40)))
      const text = texts.map((line) => `${line.toWellFormed()}\n`).join("")
      const limits = {
        maxBytes: 1 + random(200),
        maxLineBytes: 1_000,
        ...(random(2) === 0 ? {} : { maxRows: 1 + random(5) }),
      }
      const most = [1, 2, 7, 10_000][random(4)] ?? 1
      const found = await collect(
        chunks(text, () => 1 + random(most)),
        limits,
      )
      assert.deepStrictEqual(found, expected(text, limits), `SEED=${seed}, round ${round}`)
    }
  })

  it("gives nothing for nothing", async () => {
    assert.deepStrictEqual(
      await collect(
        chunks("", () => 1),
        { maxBytes: 10 },
      ),
      [],
    )
  })

  it("gives a line past maxBytes a batch of its own", async () => {
    const limits = { maxBytes: 4, maxLineBytes: 20 }
    const found = await collect(
      chunks("a\nlonger line\nb\n", () => 5),
      limits,
    )
    assert.deepStrictEqual(found, [
      { text: "a\n", rows: 1 },
      { text: "longer line\n", rows: 1 },
      { text: "b\n", rows: 1 },
    ])
  })

  it("refuses a line that is too long, and says which", async () => {
    const error = await failure("ab\ncdefg\n", { maxBytes: 5 })
    assert.deepInclude(error, { reason: "ValueUnfit", recovery: "stop" })
    assert.include(error.message, "record 2 of the window is longer than 5 bytes")
    assert.notInclude(error.message, "cd")
  })

  it("refuses it before the whole of it has come", async () => {
    let given = 0
    const endless = async function* () {
      for (;;) {
        given += 1
        yield Buffer.alloc(1_000, "x")
      }
    }
    const error = await collect(endless(), { maxBytes: 10_000 }).catch((thrown: unknown) => thrown)
    assert.deepInclude(error, { reason: "ValueUnfit" })
    assert.strictEqual(given, 11)
  })

  it("refuses a last line without an end", async () => {
    assert.deepInclude(await failure("ab\ncd", { maxBytes: 100 }), { reason: "Misuse" })
  })

  it("keeps no more than a batch and a line", async () => {
    const line = Buffer.from(`${"x".repeat(999)}\n`)
    let [given, taken, most] = [0, 0, 0]
    const bytes = async function* () {
      for (let n = 0; n < 20_000; n++) {
        given += line.length
        most = Math.max(most, given - taken)
        yield line
      }
    }
    for await (const batch of Framing.lines(bytes(), { maxBytes: 64_000 })) {
      // A view into a larger buffer would keep all of that buffer.
      assert.isAtMost(batch.bytes.buffer.byteLength, 4 * 64_000)
      taken += batch.bytes.length
    }
    assert.strictEqual(taken, 20_000_000)
    assert.isAtMost(most, 2 * 64_000)
  })
})

describe("Framing.each", () => {
  const rows = "1\n2\n3\n"

  it.effect("counts the rows", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const count = yield* Framing.each(
        chunks(rows, () => 1),
        { maxBytes: 4 },
        (batch) => Effect.sync(() => void seen.push(Buffer.from(batch.bytes).toString())),
      )
      assert.strictEqual(count, 3)
      assert.deepStrictEqual(seen, ["1\n2\n", "3\n"])
    }),
  )

  it.effect("stops reading when a batch fails", () =>
    Effect.gen(function* () {
      let closed = false
      const bytes = async function* () {
        try {
          for (;;) yield Buffer.from(rows)
        } finally {
          closed = true
        }
      }
      const error = yield* Effect.flip(Framing.each(bytes(), { maxBytes: 4 }, () => Effect.fail("full" as const)))
      assert.strictEqual(error, "full")
      yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
      assert.isTrue(closed)
    }),
  )

  it.effect("reports bytes that break off", () =>
    Effect.gen(function* () {
      const bytes = async function* () {
        yield Buffer.from("1\n")
        throw new Error("secret")
      }
      const error = yield* Effect.flip(Framing.each(bytes(), { maxBytes: 2 }, () => Effect.void))
      assert.strictEqual(error.reason, "ConnectionLost")
      assert.notInclude(JSON.stringify(error), "secret")
    }),
  )

  it.live("lets go at once of a source that says nothing", () =>
    Effect.gen(function* () {
      const silent: AsyncIterable<Uint8Array> = {
        [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }),
      }
      const fiber = yield* Effect.forkChild(Framing.each(silent, { maxBytes: 1 }, () => Effect.void))
      yield* Effect.yieldNow
      yield* Fiber.interrupt(fiber)
      const exit = yield* Fiber.await(fiber)
      assert.isTrue(Exit.isFailure(exit) && Cause.hasInterrupts(exit.cause))
    }),
  )
})
