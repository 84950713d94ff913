/** What forms make of schemas, and of what is typed into them. */
import { describe, expect, it } from "vitest"
import { change } from "../src/form/change.ts"
import {
  inOrder,
  kindOf,
  list,
  loose,
  looseText,
  pairs,
  pairsText,
  set,
  titleOf,
  type JsonSchema,
} from "../src/form/schema.ts"
import * as Format from "../src/format.ts"

const team: JsonSchema = {
  anyOf: [{ type: "integer" }, { type: "array", items: { type: "integer" } }, { type: "string", enum: ["all"] }],
}
const value: JsonSchema = {
  anyOf: [
    { type: "string" },
    { type: "number" },
    { type: "boolean" },
    { type: "array", items: { anyOf: [{ type: "string" }, { type: "number" }] } },
  ],
}

describe("a schema", () => {
  it.each<[JsonSchema, string]>([
    [{ type: "string", enum: ["events"] }, "constant"],
    [{ type: "string", enum: ["a", "b"] }, "choice"],
    [{ type: "boolean" }, "check"],
    [{ type: "integer" }, "number"],
    [{ type: "string" }, "text"],
    [{ type: "string", writeOnly: true }, "secret"],
    [{ type: "string", description: "PEM text, or a path." }, "long"],
    [{ type: "array", items: { type: "string" } }, "list"],
    [{ type: "array", items: { type: "object", properties: {} } }, "items"],
    [{ type: "object", properties: {} }, "group"],
    [{ type: "object", additionalProperties: { type: "string" } }, "pairs"],
    [team, "loose"],
  ])("%j is asked for as %s", (schema, kind) => {
    expect(kindOf(schema)).toBe(kind)
  })

  it("puts what a destination asks for first before the rest", () => {
    const schema = { properties: { host: {}, port: {}, user: {} } }
    expect(inOrder(schema, ["user", "host", "gone"])).toEqual({ shown: ["user", "host"], further: ["port"] })
  })

  it("has a title for everything", () => {
    expect([titleOf("splitBytes", {}), titleOf("x", { title: "Y" })]).toEqual(["Split bytes", "Y"])
  })
})

describe("what is typed", () => {
  it.each<[JsonSchema, string, unknown]>([
    [team, "", undefined],
    [team, "all", "all"],
    [team, "1", 1],
    [team, "1, 2", [1, 2]],
    // Not a number: the API says what it expects.
    [team, "one", "one"],
    [value, "a, b", "a, b"],
    [value, "a\nb\n", ["a", "b"]],
    [value, "12", 12],
    [value, '"12"', "12"],
    [value, "true", true],
    [value, "12\nx", [12, "x"]],
    [{ type: "integer" }, "5432", 5432],
    [{ type: "integer" }, "54x", "54x"],
  ])("%j %j means %j", (schema, text, meant) => {
    expect(loose(schema, text)).toEqual(meant)
  })

  it.each<[JsonSchema, unknown]>([
    [team, "all"],
    [team, 1],
    [team, [1, 2]],
    [value, "12"],
    [value, 12],
    [value, ["a", "12", 12]],
    [value, "true"],
    [value, "a, b"],
  ])("%j %j comes back as it was", (schema, before) => {
    expect(loose(schema, looseText(schema, before))).toEqual(before)
  })

  it("is a list with a line for each, or pairs", () => {
    expect([list("a\n\n b \n"), list(" \n")]).toEqual([["a", " b "], undefined])
    expect(pairs("a: x:y\nb:z")).toEqual({ a: "x:y", b: "z" })
    expect(pairs(pairsText({ a: "x" }))).toEqual({ a: "x" })
    expect(set({ a: 1, b: 2 }, "a", undefined)).toEqual({ b: 2 })
  })
})

describe("a change", () => {
  it("names what is new, what is gone, and nothing else", () => {
    const before = {
      model: { name: "events", teamId: 1, where: "x" },
      destination: { host: "h", table: "t" },
      schedule: "hour",
    }
    const after = { model: { name: "events", teamId: 1 }, destination: { host: "h", table: "t2" } }
    expect(change(before, after)).toEqual({ model: { where: null }, destination: { table: "t2" }, schedule: null })
    expect(change(before, before)).toEqual({})
    // Parts of another kind are replaced whole.
    expect(change({ schedule: "hour" }, { schedule: { every: "day" } })).toEqual({ schedule: { every: "day" } })
  })
})

describe("people read", () => {
  it("sizes and lengths of time", () => {
    expect([0, 999, 1_000, 123_456, 5e9].map(Format.bytes)).toEqual(["0 B", "999 B", "1.0 kB", "123 kB", "5.0 GB"])
    expect([0.2, 1.25, 59, 60, 3_700, 90_000].map(Format.seconds)).toEqual([
      "200 ms",
      "1.3 s",
      "59 s",
      "1 min",
      "1 h 1 min",
      "1 d 1 h",
    ])
  })

  it("instants in UTC, and how far they are away", () => {
    const now = Date.UTC(2026, 0, 31, 12)
    expect(Format.instant("2026-01-31T13:00:00.000Z")).toBe("2026-01-31 13:00")
    expect(Format.fromNow("2026-01-31T12:05:00Z", now)).toBe("in 5 min")
    expect(Format.fromNow("2026-01-31T09:00:00Z", now)).toBe("3 h ago")
    expect(Format.span({ start: "2026-01-31T13:00:00Z", end: "2026-01-31T14:00:00Z" })).toBe("2026-01-31 13:00 – 14:00")
  })
})
