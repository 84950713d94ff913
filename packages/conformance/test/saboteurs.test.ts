/** Each saboteur is caught by the law that it was made for. `npm run saboteurs` puts them to every law. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { laws } from "../src/laws/index.ts"
import { sabotage, saboteurs, tryOne } from "../src/saboteurs/index.ts"

describe("saboteurs", () => {
  it.live.each(saboteurs.map((saboteur) => [saboteur.name, saboteur] as const))("%s is caught", ([, saboteur]) =>
    Effect.gen(function* () {
      const subject = sabotage(saboteur)
      const law = laws.find(({ name }) => name === saboteur.breaks[0])
      assert.isDefined(subject)
      assert.isDefined(law, `${saboteur.breaks[0]} is a law`)
      const trial = yield* tryOne(subject, law, "1")
      assert.strictEqual(trial?.outcome, "broken", trial?.message)
    }),
  )

  it("are there for every law", () => {
    const broken = new Set(saboteurs.flatMap(({ breaks }) => breaks))
    assert.deepStrictEqual(
      // A slow law is an ordinary one with larger numbers.
      laws.filter((law) => law.slow !== true && !broken.has(law.name)).map(({ name }) => name),
      [],
    )
  })

  it("name laws that exist, and have names of their own", () => {
    const known = new Set<string>(laws.map(({ name }) => name))
    assert.deepStrictEqual(
      saboteurs.flatMap(({ breaks }) => breaks).filter((law) => !known.has(law)),
      [],
    )
    assert.strictEqual(new Set(saboteurs.map(({ name }) => name)).size, saboteurs.length)
  })
})
