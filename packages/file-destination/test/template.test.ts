/** Names of files: whatever things are called, a name stays below the folder, and different things keep different names. */
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { FileDestination } from "@batch-exports/file-destination"
import { posix } from "node:path"
import { render, slug } from "../src/template.ts"
import { hours, model } from "./support/run.ts"

const place = (name: string) => ({
  run: { id: name, export: name, model: { ...model, name } },
  window: hours(0, 1),
  part: 1,
  draft: "d",
})

const hostile = [
  "..",
  ".",
  "...",
  "../../etc/passwd",
  "/etc/passwd",
  "a/b",
  "a\\b",
  "_batch_exports",
  "_BATCH_EXPORTS",
  "",
  " ",
  "CON",
  "é😀",
  "\ud800",
  "a\u0000b",
  "a\nb",
  "%2F",
  "{part}",
  "$&",
  "x".repeat(300),
  `${"x".repeat(299)}y`,
  "😀".repeat(100),
]

describe("a template", () => {
  it.each([
    ["{part}", undefined],
    ["{export}/{window_start}-{part}", undefined],
    ["a/b-{part}.data", undefined],
    ["{window}", "knows no {window}"],
    ["{exprot}-{part}", "did you mean {export}?"],
    ["{export}", "must hold {part}"],
    ["/{part}", "must be a path below the folder"],
    ["a//{part}", "must be a path below the folder"],
    ["{part}/", "must be a path below the folder"],
    ["../{part}", "must be a path below the folder"],
    ["a/../{part}", "must be a path below the folder"],
    ["./{part}", "must be a path below the folder"],
    ["a\\{part}", "must not hold backslashes"],
    ["a\u0000{part}", "must not hold backslashes"],
    ["{part}}", "without its partner"],
    ["_batch_exports/{part}", "kept for the manifest"],
    ["_Batch_Exports/{part}", "kept for the manifest"],
  ])("%j", (template, message) => {
    const decoded = FileDestination.configure({ folder: "/tmp/x", template })
    if (message === undefined) assert.isTrue(Result.isSuccess(decoded))
    else if (Result.isFailure(decoded)) assert.include(decoded.failure.message, message)
    else assert.fail("it was taken")
  })

  it("makes names that stay in their folder, differ, and fit", () => {
    for (const template of ["{export}/{part}", "a/{model}/{part}", "{run}{part}", "{export}/{model}/{run}/{part}"]) {
      const names = hostile.map((name) => render(template, place(name)))
      assert.strictEqual(new Set(names.map((name) => name.toLowerCase())).size, hostile.length - 1, template)
      for (const name of names) {
        const path = posix.normalize(posix.join("/base", name))
        assert.isTrue(path.startsWith("/base/") && !path.startsWith("/base/_batch_exports/"), name)
        assert.strictEqual(path.split("/").length, 2 + template.split("/").length, name)
        assert.isBelow(Math.max(...name.split("/").map((segment) => Buffer.byteLength(segment))), 200)
        // oxlint-disable-next-line no-control-regex -- they are what must not be there
        assert.notMatch(name, /[\u0000-\u001f\\]/)
      }
    }
  })

  it("keeps the manifests of exports apart", () => {
    const slugs = [...hostile, "Events", "events", "e/vents"].map(slug)
    assert.strictEqual(new Set(slugs.map((name) => name.toLowerCase())).size, slugs.length)
    for (const name of slugs) assert.match(name, /^[A-Za-z0-9_-]{17,80}$/)
  })
})

describe("the configuration", () => {
  it.each([
    [{ folder: "relative" }, "folder: must be an absolute path"],
    [{ folder: "/x", compression: "lz4" }, "compression: "],
    [{ folder: "/x", splitBytes: 0 }, "splitBytes: "],
    [{ folder: "/x", flder: "y" }, 'unknown key "flder"; did you mean "folder"?'],
    [{}, "folder: this key is required"],
  ])("refuses %j", (config, message) => {
    const decoded = FileDestination.configure(config)
    assert.isTrue(Result.isFailure(decoded))
    if (Result.isFailure(decoded)) assert.include(decoded.failure.message, message)
  })
})
