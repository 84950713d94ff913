import { assert, describe, it } from "@effect/vitest"
import { choose, contestants, names, type Place } from "../src/contestants/index.ts"
import { split } from "../src/contestants/ours.ts"

const place: Place = {
  clickHouse: { url: "http://127.0.0.1:1", user: "default", password: `o'ne"\\secret`, database: "d" },
  postgres: {
    host: "127.0.0.1",
    port: 2,
    database: "postgres",
    user: "u",
    password: "another'secret",
    schema: "s",
    table: "t",
    tls: undefined,
  },
  window: { start: "2025-01-15T10:00:00.000Z", end: "2025-01-15T11:00:00.000Z" },
}

describe("commands", () => {
  for (const shell of [true, false]) {
    for (const contestant of contestants(shell)) {
      it(`${contestant.title}${shell ? "" : ", without curl and psql"}: no password among the arguments`, () => {
        const { args, env, stdin } = contestant.command(place)
        for (const secret of [place.clickHouse.password, place.postgres.password]) {
          assert.notInclude(args.join(" "), secret)
        }
        assert.include(stdin + JSON.stringify(env), "secret")
      })
    }
  }

  it("a plain pipe whose curl failed is not taken for an empty answer", () => {
    const [plain] = contestants(true)
    const read = plain?.command(place).read
    assert.strictEqual(read?.({ stdout: "", stderr: "received 120" }).bytes, 120)
    assert.throws(() => read?.({ stdout: "", stderr: "curl: (22) The requested URL returned error: 500\nreceived 0" }))
    assert.throws(() => read?.({ stdout: "", stderr: "sh: curl: not found" }))
  })
})

describe("split", () => {
  it("cuts a window into parts without a gap", () => {
    assert.deepStrictEqual(split(place.window, 2), [
      "2025-01-15T10:00:00.000Z/2025-01-15T10:30:00.000Z",
      "2025-01-15T10:30:00.000Z/2025-01-15T11:00:00.000Z",
    ])
    assert.deepStrictEqual(split(place.window, 1), [`${place.window.start}/${place.window.end}`])
  })
})

describe("choose", () => {
  const all = contestants(true)

  it("takes all, unless told otherwise", () => {
    const choice = choose(all, undefined)
    assert.deepStrictEqual("chosen" in choice ? choice.chosen.map(({ name }) => name) : [], [...names])
  })

  it("keeps the report's order", () => {
    const choice = choose(all, "rows, plain-text")
    assert.deepStrictEqual("chosen" in choice ? choice.chosen.map(({ name }) => name) : [], ["plain-text", "rows"])
  })

  it("names what it does not know", () => {
    const choice = choose(all, "plain-text,fast")
    assert.isTrue("problem" in choice && choice.problem.includes('not "fast"'))
  })
})
