/** The end of an answer, however the network cuts it into pieces. */
import { assert, describe, it } from "@effect/vitest"
import type { Framing } from "../src/encodings/RowEncoding.ts"
import { Answer, type End } from "../src/read/Answer.ts"

const nonce = "0123456789abcdef0123456789abcdef"
const tag = "rnywyenkhyqjnfxz"
const message =
  "Code: 395. DB::Exception: Value passed to 'throwIf' function is non-zero. (FUNCTION_THROW_IF_VALUE_IS_NON_ZERO)"
const block = `\r\n__exception__\r\n${tag}\r\n${message}\n${message.length + 1} ${tag}\r\n__exception__\r\n`

const mark = { nonce: "fedcba9876543210fedcba9876543210", digits: 2 }

const read = (
  pieces: ReadonlyArray<Uint8Array>,
  withTag = true,
  framing: Framing = "lines",
): { readonly text: string; readonly end: End } => {
  const answer = new Answer({ nonce, tag: withTag ? tag : undefined, framing, mark })
  const out: Array<Uint8Array> = []
  for (const piece of pieces) out.push(...answer.push(piece))
  const { end, rest } = answer.end()
  return { text: Buffer.concat([...out, rest]).toString("latin1"), end }
}

/** The whole, every way to cut it in two, byte by byte, and with an empty piece in it. */
const cuts = (text: string): ReadonlyArray<ReadonlyArray<Uint8Array>> => {
  const bytes = Buffer.from(text, "latin1")
  return [
    [bytes],
    ...Array.from(bytes, (_, at) => [bytes.subarray(0, at), bytes.subarray(at)]),
    Array.from(bytes, (byte) => Buffer.from([byte])),
    [bytes.subarray(0, 5), Buffer.alloc(0), bytes.subarray(5)],
  ]
}

const rows = "a\t1\nsome\tother\nrow\\N\n"

describe("Answer", () => {
  for (const withTag of [true, false]) {
    const servers = withTag ? "of servers that mark exceptions" : "of servers that do not"

    it(`passes the rows on and keeps the trailer, ${servers}`, () => {
      for (const pieces of cuts(`${rows}${nonce}3`)) {
        assert.deepStrictEqual(read(pieces, withTag), { text: rows, end: { _tag: "Whole", rows: 3 } })
      }
    })

    it(`knows an empty answer from none, ${servers}`, () => {
      assert.deepStrictEqual(read([Buffer.from(`${nonce}0`)], withTag).end, { _tag: "Whole", rows: 0 })
      assert.deepStrictEqual(read([], withTag).end, { _tag: "CutShort" })
      assert.deepStrictEqual(read([Buffer.from(nonce)], withTag).end, { _tag: "CutShort" })
    })

    it(`takes nothing for whole that lacks a byte at its end, ${servers}`, () => {
      const whole = `${rows}${nonce}`
      for (let length = 0; length <= whole.length; length++) {
        assert.strictEqual(read([Buffer.from(whole.slice(0, length))], withTag).end._tag, "CutShort")
      }
    })

    it(`takes nothing for whole that goes on after the trailer, ${servers}`, () => {
      for (const more of ["\n", " ", "x", "\r\n", "3\n"]) {
        assert.strictEqual(read([Buffer.from(`${rows}${nonce}3${more}`)], withTag).end._tag, "CutShort")
      }
    })

    it(`does not take another answer's trailer for its own, ${servers}`, () => {
      assert.strictEqual(read([Buffer.from(`${rows}${"f".repeat(32)}3`)], withTag).end._tag, "CutShort")
    })
  }

  it("finds a marked exception wherever it is cut, and passes nothing of it on", () => {
    for (const before of ["", rows, `${rows}${nonce}3`]) {
      for (const pieces of cuts(`${before}${block}`)) {
        const { end, text } = read(pieces)
        assert.deepStrictEqual(end, { _tag: "Exception", text: message })
        assert.isTrue(`${before}\r\n`.startsWith(text), JSON.stringify(text))
      }
    }
  })

  it("finds a marked exception with the trailer behind it", () => {
    assert.strictEqual(read([Buffer.from(`${rows}${block}${nonce}3`)]).end._tag, "Exception")
  })

  it("leaves text that only looks like an exception alone where the server marks them", () => {
    const lookalike = `__exception__\r\n${message}\n`
    assert.deepStrictEqual(read([Buffer.from(`${lookalike}${nonce}1`)]), {
      text: lookalike,
      end: { _tag: "Whole", rows: 1 },
    })
  })

  it("finds an unmarked exception at the end, before and after the trailer", () => {
    for (const text of [`${rows}${message}`, `${rows}${nonce}3${message}\n`, `${rows}${message}\n${nonce}3`]) {
      for (const pieces of cuts(text)) {
        const { end } = read(pieces, false)
        assert.strictEqual(end._tag, "Exception")
        if (end._tag === "Exception") assert.isTrue(end.text.startsWith(message), end.text)
      }
    }
  })

  it("leaves rows that quote an exception alone where the server does not mark them", () => {
    const quoted = `1\t${message}\n`
    assert.deepStrictEqual(read([Buffer.from(`${quoted}${nonce}1`)], false), {
      text: quoted,
      end: { _tag: "Whole", rows: 1 },
    })
  })

  it("shows the server's words, not a row's that quotes others, of an answer without a trailer", () => {
    const quoted = "1\tCode: 1. DB::Exception: quoted\n2\tx\n"
    for (const text of [`${quoted}${message}\n`, `${quoted}3\tcut${message}\n`]) {
      assert.deepStrictEqual(read([Buffer.from(text)], false).end, { _tag: "Exception", text: message })
    }
  })

  describe("of rows of fields, on servers that do not mark exceptions", () => {
    /** One row of fields, as COPY's binary format has it. */
    const row = (...values: ReadonlyArray<string>) =>
      `\0${String.fromCharCode(values.length)}${values.map((value) => `\0\0${String.fromCharCode(value.length >> 8, value.length & 255)}${value}`).join("")}`
    const two = `${row("a", "1")}${row("some", "other")}`
    const quote = "Code: 1. DB::Exception: quoted\n"

    it("finds an exception before, behind and without the trailer, whatever stands before it", () => {
      for (const before of ["", two, row("a", quote), `${two}${mark.nonce}01`, row("a", quote.repeat(600))]) {
        const texts = [`${before}${message}\n${nonce}2`, `${before}${nonce}2${message}\n`, `${before}${message}\n`]
        for (const text of texts) {
          const ways = before.length < 200 ? cuts(text) : [[Buffer.from(text, "latin1")]]
          for (const pieces of ways) {
            const { end } = read(pieces, false, "fields")
            assert.strictEqual(end._tag, "Exception", JSON.stringify(text))
            if (end._tag === "Exception") assert.isTrue(end.text.startsWith(message), end.text)
          }
        }
      }
    })

    it("finds it in the middle of a row, cut off anywhere", () => {
      for (let length = 0; length <= two.length; length++) {
        const { end } = read([Buffer.from(`${two.slice(0, length)}${message}\n`, "latin1")], false, "fields")
        assert.deepStrictEqual(end, { _tag: "Exception", text: message })
      }
    })

    it("leaves a row alone whose last field quotes one, however long and marked or not", () => {
      for (const value of [quote, `before ${quote}`, `${quote}${quote}`, "x".repeat(40_000) + quote]) {
        for (const marked of ["", `${mark.nonce}10`]) {
          const whole = `${two}${row("b", value)}${marked}`
          for (const size of [1, 1000, 20_000, 100_000]) {
            const bytes = Buffer.from(`${whole}${nonce}3`, "latin1")
            const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
              bytes.subarray(at * size, (at + 1) * size),
            )
            if (size === 1 && bytes.length > 1000) continue
            assert.deepStrictEqual(read(pieces, false, "fields"), { text: whole, end: { _tag: "Whole", rows: 3 } })
          }
        }
      }
    })
  })

  it("passes nothing on of an exception that is as long as a message can use, behind many rows", () => {
    const long = `${"x".repeat(60_000)}${message}`
    const text = `${rows.repeat(9_000)}\r\n__exception__\r\n${tag}\r\n${long}\n${long.length + 1} ${tag}\r\n__exception__\r\n`
    const bytes = Buffer.from(text, "latin1")
    for (const size of [7, 1_000, 65_536, bytes.length]) {
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
        bytes.subarray(at * size, (at + 1) * size),
      )
      const found = read(pieces)
      assert.deepStrictEqual(found.end, { _tag: "Exception", text: long })
      assert.isTrue(rows.repeat(9_000).startsWith(found.text))
    }
  })

  it.each([100, 1_400, 10_000, 100_000])("holds no more than a piece of %d bytes and a short end back", (size) => {
    const answer = new Answer({ nonce, tag, framing: "lines", mark })
    const pieces = Math.ceil(1_000_000 / size)
    let passed = 0
    for (let piece = 0; piece < pieces; piece++) {
      for (const ready of answer.push(Buffer.alloc(size, 0x61))) passed += ready.length
    }
    assert.isAtLeast(passed, pieces * size - size - 66_000)
  })
})
