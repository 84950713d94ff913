import { assert, describe, it } from "@effect/vitest"
import { all, select, selectSizes } from "../src/scenarios.ts"

describe("select", () => {
  const cases: ReadonlyArray<readonly [width: string, rows: string | undefined, expected: string]> = [
    ["typical", undefined, "typical 100000"],
    ["all", undefined, "narrow 100000; typical 100000; wide 30000"],
    ["narrow,wide", "5k", "narrow 5000; wide 5000"],
    ["typical", "100k, 1M", "typical 100000; typical 1000000"],
    ["typical", "250", "typical 250"],
  ]
  for (const [width, rows, expected] of cases) {
    it(`--width ${width} --rows ${rows ?? "(none)"}`, () => {
      const selected = select({ width, rows })
      assert.isTrue("scenarios" in selected)
      if ("scenarios" in selected) {
        assert.strictEqual(selected.scenarios.map((one) => `${one.width} ${one.rows}`).join("; "), expected)
      }
    })
  }

  const refused: ReadonlyArray<readonly [width: string, rows: string | undefined, named: string]> = [
    ["huge", undefined, "--width"],
    ["", undefined, "--width"],
    ["typical", "many", "--rows"],
    ["typical", "0", "--rows"],
    ["typical", "-5", "--rows"],
    ["typical", "1.5k", "--rows"],
    ["typical", ",", "--rows"],
  ]
  for (const [width, rows, named] of refused) {
    it(`refuses --width "${width}" --rows ${rows ?? "(none)"}`, () => {
      const selected = select({ width, rows })
      assert.isTrue("problem" in selected && selected.problem.startsWith(named))
    })
  }
})

describe("selectSizes", () => {
  it("takes each size by its width and rows", () => {
    assert.deepStrictEqual(selectSizes("typical:100k, wide:30k,typical:1M"), {
      scenarios: [
        { width: "typical", rows: 100_000 },
        { width: "wide", rows: 30_000 },
        { width: "typical", rows: 1_000_000 },
      ],
    })
    assert.deepStrictEqual(selectSizes("all"), { scenarios: all })
  })

  for (const asked of ["", "typical", "huge:100k", "typical:0", "typical:1k:2k", "typical 100k"]) {
    it(`refuses "${asked}"`, () => {
      const selected = selectSizes(asked)
      assert.isTrue("problem" in selected && selected.problem.startsWith("--sizes"))
    })
  }
})
