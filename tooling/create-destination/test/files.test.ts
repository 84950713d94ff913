import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { files, problem, templates } from "../src/files.ts"

const template = Object.fromEntries(
  templates.map((name) => [
    name,
    readFileSync(new URL(`../../../examples/minimal-destination/${name}`, import.meta.url), "utf8"),
  ]),
) as Record<(typeof templates)[number], string>

describe("the files of a new destination", () => {
  it.each([true, false])("are six, and speak of nothing else (inside: %s)", (inside) => {
    const made = files({ name: "acme-cloud", inside, version: "1.2.3" }, template)
    assert.isAtMost(Object.keys(made).length, 6)
    for (const [path, text] of Object.entries(made)) assert.notMatch(text, /minimal/i, path)
    assert.include(made["src/index.ts"], 'name: "acme-cloud"')
    assert.include(made["src/index.ts"], 'title: "Acme Cloud"')
    assert.include(made["package.json"], '"@batch-exports/core": "1.2.3"')
  })

  it.each(["acme", "acme-2", "a"])("takes the name %s", (name) => assert.isUndefined(problem(name)))
  it.each(["", "Acme", "../x", "a_b", "-a", "a--b", "a b", "@acme/foo", "a".repeat(41)])(
    "refuses the name %j",
    (name) => assert.isDefined(problem(name)),
  )
})
