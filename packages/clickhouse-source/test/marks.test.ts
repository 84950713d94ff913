import { assert, describe, it } from "@effect/vitest"
import { Marks } from "../src/read/Marks.ts"

const nonce = "5d2f0c7a91be4c38"
const fields = ["event", "properties"]

const read = (pieces: ReadonlyArray<Uint8Array>) => {
  const marks = new Marks({ nonce, fields })
  const out = pieces.flatMap((piece) => marks.push(piece))
  return { text: Buffer.concat([...out, marks.end()]).toString("latin1"), counts: marks.counts() }
}

describe("Marks", () => {
  const answer = Buffer.from(`a\n${nonce}10b\nc\n${nonce}01${nonce}11\u0000d`, "latin1")
  const whole = { text: "a\nb\nc\n\u0000d", counts: { event: 2, properties: 2 } }

  it("takes marks out and counts them, wherever the answer is cut", () => {
    assert.deepStrictEqual(read([answer]), whole)
    for (let first = 0; first <= answer.length; first++) {
      for (let second = first; second <= answer.length; second++) {
        assert.deepStrictEqual(
          read([answer.subarray(0, first), answer.subarray(first, second), answer.subarray(second)]),
          whole,
          `cut at ${first} and ${second}`,
        )
      }
    }
    assert.deepStrictEqual(read(Array.from(answer, (byte) => Uint8Array.of(byte))), whole)
  })

  it("leaves an answer without marks as it is, without a copy", () => {
    const chunk = Buffer.from("rows and rows")
    const marks = new Marks({ nonce, fields })
    const [piece] = marks.push(chunk)
    assert.strictEqual(piece?.buffer, chunk.buffer)
    assert.deepStrictEqual(marks.counts(), {})
  })

  it("gives back what only began like a mark", () => {
    for (let length = 0; length < nonce.length; length++) {
      const text = `x${nonce.slice(0, length)}`
      assert.deepStrictEqual(read([Buffer.from(text)]), { text, counts: {} })
      assert.deepStrictEqual(read([Buffer.from(text), Buffer.from("?")]), { text: `${text}?`, counts: {} })
    }
  })
})
