import { assert, describe, it } from "@effect/vitest"
import { markdown, place, sectionOf } from "../src/merge/report.ts"

const report = {
  at: new Date("2026-01-02T03:04:05Z"),
  machine: { cpu: "a CPU", cores: 2, memoryBytes: 1, system: "a system", node: "24", postgres: "18.4" },
  rows: 2_000_000,
  changes: 200_000,
  measured: new Map([
    ["the export", [{ seconds: 2, cpu: 1 }]],
    ["by hand", [{ seconds: 4, cpu: 1 }]],
    ["by hand, sorted", [{ seconds: 1, cpu: 2 }]],
  ]),
}

describe("the merges' section", () => {
  it("compares with the faster by hand", () => {
    const section = markdown(report)
    assert.include(section, "on 2026-01-02, a CPU, 2 cores, Postgres 18.4")
    assert.include(section, "wall 2.00, Postgres CPU 1.00.")
  })

  it("finds its place, and keeps it when the rest is written anew", () => {
    const document = "# Benchmarks\n\n## Contestants\n\n- one\n"
    const first = place(document, "## Merges\n\nfirst $&")
    assert.strictEqual(sectionOf(first), "## Merges\n\nfirst $&")
    assert.isBelow(first.indexOf("## Merges"), first.indexOf("## Contestants"))
    const second = place(first, "## Merges\n\nsecond")
    assert.strictEqual(place(document, sectionOf(second)), second)
    assert.notInclude(second, "first")
    assert.strictEqual(place(document, sectionOf(document)), document)
  })
})
