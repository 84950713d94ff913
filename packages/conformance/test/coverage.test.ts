/** What is printed at the end: each declaration with its laws, and the laws that had nothing to break. */
import { assert, describe, it } from "@effect/vitest"
import { coverage } from "../src/coverage.ts"
import type { Law } from "../src/Law.ts"
import { laws } from "../src/laws/index.ts"
import { NotApplicable } from "../src/NotApplicable.ts"

const [first, second, third] = laws.slice(0, 3)
const form = (...covers: ReadonlyArray<string>) => ({ form: "holds", covers }) as const

describe("coverage", () => {
  it("counts the laws that had something to break, and names the others with what stands in", () => {
    const applied = [
      { law: first!, form: form("mode once") },
      { law: second!, form: form("mode once", "ledger none") },
      { law: third!, form: form("mode once") },
    ]
    const because = "reached without a network; the kill laws stand in"
    const passed = new Map<Law, "kept" | NotApplicable>([
      [first!, "kept"],
      [second!, new NotApplicable({ because })],
    ])
    assert.deepStrictEqual(coverage("Files", "7", ["mode once", "ledger none"], applied, passed).split("\n"), [
      "Files: 1 of 2 laws, 1 not applicable, SEED=7",
      "  mode once    1 of 2 laws",
      "  ledger none  NO LAW",
      `  ${second!.name}: not applicable: ${because}`,
    ])
  })
})
