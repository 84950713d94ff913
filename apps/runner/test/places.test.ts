import { assert, describe, it } from "@effect/vitest"
import { Places } from "../src/runner/places.ts"

const run = (name: string, destination = "warehouse", backfillId: string | null = null) => ({
  export: name,
  destination,
  origin: backfillId === null ? ("schedule" as const) : ("backfill" as const),
  backfillId,
})

const places = (
  limits: { total?: number; perDestination?: number; own?: number },
  occupied: ReturnType<typeof run>[] = [],
) =>
  new Places(
    occupied.map((each) => ({ ...each, runs: 1 })),
    { total: limits.total ?? 10, perDestination: limits.perDestination ?? 10, ofRun: () => limits.own ?? 1 },
  )

describe("places", () => {
  it("an export has as many as its schedule says", () => {
    const two = places({ own: 2 }, [run("a")])
    assert.deepStrictEqual([two.take(run("a")), two.take(run("a")), two.take(run("b"))], [true, false, true])
  })
  it("a backfill does not take the places of its export's schedule", () => {
    const one = places({}, [run("a", "warehouse", "f")])
    assert.deepStrictEqual([one.take(run("a")), one.take(run("a", "warehouse", "f"))], [true, false])
  })
  it("a destination has as many as the runner says", () => {
    const one = places({ perDestination: 1 }, [run("a")])
    assert.deepStrictEqual([one.take(run("b")), one.take(run("b", "lake"))], [false, true])
  })
  it("what is refused takes no place", () => {
    const two = places({ total: 2, perDestination: 1 }, [run("a")])
    assert.deepStrictEqual(
      [two.take(run("b")), two.take(run("c", "lake")), two.take(run("d", "sea"))],
      [false, true, false],
    )
  })
})
