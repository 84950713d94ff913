/** Commands that the documentation shows are those that there are, with flags that they have. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { invoke } from "./support/invoke.ts"

const root = fileURLToPath(new URL("../../../", import.meta.url))

const pages = ["README.md", "CONTRIBUTING.md", ...readdirSync(`${root}docs`).map((name) => `docs/${name}`)].filter(
  (name) => name.endsWith(".md"),
)

/** Whatever stands as code: blocks line by line, without remarks, and words within a sentence. */
const codeOf = (text: string): ReadonlyArray<string> => {
  const blocks = Array.from(text.matchAll(/^ *```\w*\n([^]*?)^ *```/gm), ([, block = ""]) => block)
  const lines = blocks.flatMap((block) => block.replaceAll("\\\n", " ").split("\n"))
  const spans = Array.from(text.matchAll(/`([^`\n]+)`/g), ([, span = ""]) => span)
  return [...lines.map((line) => line.replace(/\s#.*$/, "")), ...spans]
}

const withParts = new Set(["backfill", "ledger", "state"])

/** `backfill start` and its flags. */
const commandsOf = (code: string) =>
  Array.from(code.matchAll(/(?:^|[\s/])batch-exports +([a-z][^|;&]*)/g), ([, said = ""]) => {
    const words = said.trim().split(/\s+/)
    const flags = words.filter((word) => word.startsWith("--")).map((word) => word.replace(/[=,].*$/, ""))
    return { command: words.slice(0, withParts.has(words[0] ?? "") && words.length > 1 ? 2 : 1).join(" "), flags }
  })

describe("the documentation", () => {
  it.live("shows commands and flags that there are", () =>
    Effect.gen(function* () {
      const shown = new Map<string, Set<string>>()
      for (const page of pages) {
        for (const { command, flags } of codeOf(readFileSync(root + page, "utf8")).flatMap(commandsOf)) {
          shown.set(command, new Set([...(shown.get(command) ?? []), ...flags]))
        }
      }
      assert.isAbove(shown.size, 15)
      for (const [command, flags] of shown) {
        const { code, stdout } = yield* invoke([...command.split(" "), "--help"])
        assert.strictEqual(code, 0, command)
        assert.include(stdout, `batch-exports ${command}`)
        for (const flag of flags) assert.match(stdout, new RegExp(`^ +${flag}\\b`, "m"), `${command} ${flag}`)
      }
    }),
  )
})
