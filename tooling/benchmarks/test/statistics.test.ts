import { assert, describe, it } from "@effect/vitest"
import { pairedRatio, rotate, summary } from "../src/statistics.ts"

describe("summary", () => {
  const cases: ReadonlyArray<readonly [ReadonlyArray<number>, number]> = [
    [[7], 7],
    [[3, 1], 2],
    [[10, 1, 2], 2],
    [[4, 1, 3, 2], 2.5],
    [[5, 100, 1, 3, 2], 3],
    [[2, 10, 9], 9],
  ]
  for (const [values, median] of cases) {
    it(`the median of ${values.join(", ")} is ${median}`, () => {
      assert.deepStrictEqual(summary(values), { median, min: Math.min(...values), max: Math.max(...values) })
    })
  }

  it("leaves its input alone", () => {
    const values = [3, 1, 2]
    summary(values)
    assert.deepStrictEqual(values, [3, 1, 2])
  })

  it("of nothing is nothing", () => {
    assert.strictEqual(summary([]), undefined)
  })
})

describe("pairedRatio", () => {
  const ratio = (rounds: ReadonlyArray<readonly [number | undefined, number | undefined]>) =>
    pairedRatio(
      rounds,
      ([a]) => a,
      ([, b]) => b,
    )

  it("is the median of the rounds' ratios, not the ratio of the medians", () => {
    // One slow minute hits both sides of a round: 1/1, 20/10, 3/2. The medians would say 3/2 of other rounds.
    assert.deepStrictEqual(
      ratio([
        [1, 1],
        [20, 10],
        [6, 2],
      ]),
      { median: 2, min: 1, max: 3 },
    )
  })

  it("leaves out rounds in which one side is missing", () => {
    assert.deepStrictEqual(
      ratio([
        [undefined, 1],
        [1, undefined],
        [4, 2],
      ]),
      { median: 2, min: 2, max: 2 },
    )
  })

  it("never divides by zero", () => {
    assert.strictEqual(ratio([[1, 0]]), undefined)
  })
})

describe("rotate", () => {
  it("lets each begin once", () => {
    const list = ["a", "b", "c"]
    assert.deepStrictEqual(
      [0, 1, 2, 3].map((by) => rotate(list, by).join("")),
      ["abc", "bca", "cab", "abc"],
    )
  })

  it("of nothing is nothing", () => {
    assert.deepStrictEqual(rotate([], 3), [])
  })
})
