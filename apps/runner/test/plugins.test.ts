/** Destinations from outside: named in the configuration, found from its folder, and refused with a line that says why. */
import { assert, beforeAll, describe, it } from "@effect/vitest"
import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const minimal = new URL("../../../examples/minimal-destination/src/index.ts", import.meta.url).href
const again = `export { default } from "${minimal}"`
const changed = (change: string) => `import plugin from "${minimal}"\nexport default { ...plugin, ${change} }`

interface Case {
  readonly files?: Readonly<Record<string, string>>
  readonly plugins: ReadonlyArray<unknown>
  readonly type?: string
  /** The title of the destination, or the error, a pattern for each of its lines. */
  readonly expected: string | ReadonlyArray<RegExp>
}

const acme = {
  "node_modules/@acme/foo/package.json": JSON.stringify({
    name: "@acme/foo",
    type: "module",
    exports: { import: "./main.js" },
  }),
  "node_modules/@acme/foo/main.js": changed('name: "foo"'),
}

const cases: Readonly<Record<string, Case>> = {
  "a file, in TypeScript": {
    files: { "local.ts": `const unused: number = 1\n${again}` },
    plugins: ["./local.ts"],
    expected: "Minimal",
  },
  "a file of the same name in another folder": {
    files: { "local.ts": 'throw new Error("the other one")' },
    plugins: ["./local.ts"],
    expected: [/cannot be loaded: the other one/],
  },
  "a package beside a file": {
    files: { ...acme, "local.ts": again },
    plugins: ["@acme/foo", "./local.ts"],
    type: "foo",
    expected: "Minimal",
  },
  "an absent package": {
    plugins: ["@acme/foo"],
    expected: [/^c.yaml:2: plugins\.0: "@acme\/foo" is not installed .*: npm install @acme\/foo in \//],
  },
  "an absent file": {
    plugins: ["./local.ts"],
    expected: [/^c.yaml:2: plugins\.0: ".\/local.ts" does not exist/],
  },
  "a module without a default export": {
    files: { "a.ts": "export const x = 1" },
    plugins: ["./a.ts"],
    expected: [/^c.yaml:2: plugins\.0: ".\/a.ts" is not a destination: .*Destination\.define/],
  },
  "something else": {
    files: { "a.ts": 'export default { name: "a" }' },
    plugins: ["./a.ts"],
    expected: [/is not a destination: .*Destination\.define/],
  },
  "another contract": {
    files: { "a.ts": changed("contract: 99") },
    plugins: ["./a.ts"],
    expected: [/made for version 99 of the contract, and this runner has version 1/],
  },
  "no contract": {
    files: { "a.ts": changed("contract: undefined") },
    plugins: ["./a.ts"],
    expected: [/made for version 0 of the contract/],
  },
  "a name that is taken": {
    files: { "a.ts": changed('name: "postgres"') },
    plugins: ["./a.ts"],
    expected: [/is named "postgres", as another destination is/],
  },
  "a plugin twice": {
    files: { "a.ts": again, "b.ts": again },
    plugins: ["./a.ts", "./b.ts"],
    expected: [/^c.yaml:3: plugins\.1: .* is named "minimal"/],
  },
  "a module that fails": {
    files: { "a.ts": 'throw new Error("no licence")' },
    plugins: ["./a.ts"],
    expected: [/cannot be loaded: no licence/],
  },
  "one with an absent dependency": {
    files: { "a.ts": 'import "left-pad-2"' },
    plugins: ["./a.ts"],
    expected: [/".\/a.ts" cannot be loaded: .*left-pad-2/],
  },
  "a syntax error": {
    files: { "a.ts": "export default {" },
    plugins: ["./a.ts"],
    expected: [/cannot be loaded: /],
  },
  "TypeScript inside node_modules": {
    files: {
      "node_modules/foo/package.json": JSON.stringify({ name: "foo", type: "module", exports: "./main.ts" }),
      "node_modules/foo/main.ts": again,
    },
    plugins: ["foo"],
    expected: [/"foo" is TypeScript inside node_modules/],
  },
  "what is not a name": { plugins: [{ name: "x" }], expected: [/^c.yaml:2: plugins\.0: expected string/] },
  "several problems": {
    files: { "a.ts": "export {}" },
    plugins: ["./a.ts", "./b.ts", "@acme/foo"],
    expected: [/^c.yaml:2: plugins\.0: /, /^c.yaml:3: plugins\.1: /, /^c.yaml:4: plugins\.2: /],
  },
  "a type that no plugin has": {
    files: { "a.ts": again },
    plugins: ["./a.ts"],
    type: "minimum",
    expected: [/"minimum" is not a type of destination; did you mean "minimal"\?/],
  },
}

const prepare = (base: string, { files = {}, plugins, type = "minimal" }: Case): string => {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(base, name)), { recursive: true })
    writeFileSync(join(base, name), text)
  }
  const file = join(base, "batch-exports.yaml")
  const lines = [
    "plugins:",
    ...plugins.map((plugin) => `  - ${JSON.stringify(plugin)}`),
    "sources:",
    '  ch: { type: clickhouse, url: "http://127.0.0.1:8123", user: u, password: p, database: d }',
    "destinations:",
    `  out: { type: ${type}, folder: ${base} }`,
    "exports:",
    "  events: { model: { name: events, teamId: 1 }, destination: out }",
  ]
  writeFileSync(file, lines.join("\n"))
  return file
}

describe("a plugin", () => {
  const outcomes = new Map<string, string>()

  // One process for all: the test runner has imports of its own, and these must be Node's.
  beforeAll(() => {
    const base = mkdtempSync(join(tmpdir(), "batch-exports-plugins-"))
    try {
      const files = Object.values(cases).map((one, index) => {
        mkdirSync(join(base, String(index)))
        return prepare(join(base, String(index)), one)
      })
      const program = fileURLToPath(new URL("support/loadEach.ts", import.meta.url))
      const values = ["--conditions=@batch-exports/source", program, ...files]
      const found = JSON.parse(execFileSync(process.execPath, values, { encoding: "utf8" })) as ReadonlyArray<string>
      for (const [index, name] of Object.keys(cases).entries()) outcomes.set(name, found[index] ?? "")
    } finally {
      rmSync(base, { recursive: true, force: true })
    }
  })

  it.each(Object.entries(cases))("%s", (name, { expected }) => {
    const outcome = outcomes.get(name) ?? ""
    if (typeof expected === "string") return assert.strictEqual(outcome, expected)
    const lines = outcome.split("\n")
    assert.strictEqual(lines.length, expected.length, outcome)
    for (const [index, pattern] of expected.entries()) assert.match(lines[index] ?? "", pattern)
  })
})
