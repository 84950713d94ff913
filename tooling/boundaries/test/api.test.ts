/** `api.txt` of each published package: generated from its sources by `npm run docs`, and here compared with what can be imported. */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"

const root = fileURLToPath(new URL("../../..", import.meta.url))

const published = ["packages", "apps"].flatMap((group) =>
  readdirSync(join(root, group))
    .map((name) => join(root, group, name))
    .filter((folder) => existsSync(join(folder, "package.json")))
    .map((folder) => ({ folder, manifest: JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest }))
    .filter(({ manifest }) => manifest.private !== true),
)

interface Manifest {
  readonly name: string
  readonly private?: boolean
}

const isValue = (kinds: string): boolean => /class|const|function|namespace/.test(kinds)

/** `@scope/package` → `Name` and, in namespaces, `Namespace.name`: those that are there when the program runs. */
const written = (folder: string): ReadonlyMap<string, ReadonlyArray<string>> => {
  const entries = new Map<string, Array<string>>()
  let names: Array<string> = []
  let namespace = ""
  for (const line of readFileSync(join(folder, "api.txt"), "utf8").split("\n")) {
    const [, indent = "", name = "", kinds] = /^( *)([^ :#][^ :]*)(?:: (.*))?$/.exec(line) ?? []
    if (name !== "" && kinds === undefined) entries.set(name, (names = []))
    if (kinds === undefined) continue
    if (indent.length === 2) namespace = name
    if (isValue(kinds)) names.push(indent.length === 2 ? name : `${namespace}.${name}`)
  }
  return entries
}

const imported = async (specifier: string): Promise<ReadonlyArray<string>> => {
  const module = (await import(specifier)) as Readonly<Record<string, unknown>>
  return Object.entries(module)
    .filter(([name]) => name !== "default")
    .flatMap(([name, value]) =>
      isModule(value) ? [name, ...Object.keys(value).map((member) => `${name}.${member}`)] : [name],
    )
}

const isModule = (value: unknown): value is object => Object.prototype.toString.call(value) === "[object Module]"

describe("what published packages export", () => {
  // Importing a whole package takes as long as the machine needs.
  const patience = { timeout: 120_000 }
  it.each(published)("$manifest.name: api.txt names what can be imported", patience, async ({ folder, manifest }) => {
    const entries = written(folder)
    expect(entries.keys().next().value).toBe(manifest.name)
    for (const [specifier, names] of entries) {
      const found = (await imported(specifier)).filter((name) => !name.endsWith(".default"))
      expect({ specifier, names: found.toSorted() }).toEqual({ specifier, names: names.toSorted() })
    }
  })
})
