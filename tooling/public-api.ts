/**
 * What each published package exports, as names and kinds, read from its sources: a change to it is seen in review.
 * Sources are read, not compiled: every package exports declarations by name, and what is not understood is an error.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

export const root = fileURLToPath(new URL("..", import.meta.url))

export type Kind = "class" | "const" | "function" | "interface" | "namespace" | "type"

export interface Exported {
  readonly name: string
  /** A value and a type may share a name. */
  readonly kinds: ReadonlyArray<Kind>
  /** Of a namespace. */
  readonly members?: ReadonlyArray<Exported>
}

export interface Entry {
  /** As it is imported. */
  readonly specifier: string
  readonly exports: ReadonlyArray<Exported>
}

export interface Api {
  readonly package: string
  /** Where it is written down. */
  readonly file: string
  readonly entries: ReadonlyArray<Entry>
}

interface Manifest {
  readonly name: string
  readonly private?: boolean
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>
}

const declaration = /^(export )?(?:abstract |async )?(class|const|function|interface|type)\*? ([A-Za-z_$][\w$]*)/gm
const list = /^export (type )?\{([^}]*)\}(?: from "(.*)")?$/gm
const imported = /^import \{([^}]*)\} from "(\.[^"]*)"$/gm
const namespace = /^export \* as ([\w$]+) from "(.*)"$/gm
const anything = /^export (?!default\b).*/gm

/** Exports of a module, by name. */
const exportsOf = (file: string): ReadonlyMap<string, Exported> => {
  const text = readFileSync(file, "utf8")
  const found = new Map<string, Exported>()
  const understood = new Set<number>()
  const add = (exported: Exported) => {
    const before = found.get(exported.name)
    found.set(exported.name, before === undefined ? exported : merged(before, exported))
  }
  for (const { index, [1]: isExported, [2]: kind, [3]: name = "" } of text.matchAll(declaration)) {
    if (isExported === undefined) continue
    understood.add(index)
    add({ name, kinds: [kind as Kind] })
  }
  for (const { index, [1]: name = "", [2]: from = "" } of text.matchAll(namespace)) {
    understood.add(index)
    add({ name, kinds: ["namespace"], members: sorted(exportsOf(join(dirname(file), from))) })
  }
  for (const { index, [1]: allTypes, [2]: names = "", [3]: from } of text.matchAll(list)) {
    understood.add(index)
    const there = from === undefined ? inside(file, text) : exportsOf(join(dirname(file), from))
    for (const one of names.split(",").filter((part) => part.trim() !== "")) {
      const [, isType = allTypes, original = "", name = original] =
        /^\s*(type )?([\w$]+)(?: as ([\w$]+))?\s*$/.exec(one) ?? []
      const exported = there.get(original)
      if (exported === undefined) throw new Error(`${file} exports ${one.trim()}, which was not found`)
      const kinds = exported.kinds.filter((kind) => isType === undefined || kind === "interface" || kind === "type")
      add({ ...exported, name, kinds: kinds.length > 0 ? kinds : ["type"] })
    }
  }
  for (const { 0: line, index } of text.matchAll(anything)) {
    if (!understood.has(index)) throw new Error(`${file}: this form of export is not understood: ${line}`)
  }
  return found
}

/** What a module can export by name alone: what it declares, and what it imports by the same name. */
const inside = (file: string, text: string): ReadonlyMap<string, Exported> => {
  const found = new Map<string, Exported>()
  for (const { [1]: names = "", [2]: from = "" } of text.matchAll(imported)) {
    const there = exportsOf(join(dirname(file), from))
    for (const name of names.split(",").map((one) => one.trim())) {
      const one = there.get(name)
      if (one !== undefined) found.set(name, one)
    }
  }
  for (const { [2]: kind, [3]: name = "" } of text.matchAll(declaration)) {
    const before = found.get(name)
    const one = { name, kinds: [kind as Kind] }
    found.set(name, before === undefined ? one : merged(before, one))
  }
  return found
}

/** Overloads and a type beside its value. */
const merged = (a: Exported, b: Exported): Exported => ({ ...a, ...b, kinds: [...new Set([...a.kinds, ...b.kinds])] })

const sorted = (exports: ReadonlyMap<string, Exported>): ReadonlyArray<Exported> =>
  [...exports.values()].sort((a, b) => (a.name < b.name ? -1 : 1))

/** Of each package that is published and can be imported. */
export const apis = (): ReadonlyArray<Api> =>
  ["packages", "apps"].flatMap((group) =>
    readdirSync(join(root, group))
      .map((name) => `${group}/${name}`)
      .filter((folder) => existsSync(join(root, folder, "package.json")))
      .flatMap((folder) => {
        const manifest = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as Manifest
        return manifest.private === true ? [] : [apiOf(folder, manifest)]
      }),
  )

const apiOf = (folder: string, { exports = {}, name }: Manifest): Api => ({
  package: name,
  file: `${folder}/api.txt`,
  entries: Object.entries(exports).flatMap(([path, target]) => {
    const source = typeof target === "string" ? undefined : target["@batch-exports/source"]
    if (source === undefined) return []
    return [{ specifier: join(name, path), exports: sorted(exportsOf(join(root, folder, source))) }]
  }),
})

export const written = ({ entries }: Api): string =>
  ["# Generated by: npm run docs", ...entries.flatMap(({ exports, specifier }) => ["", specifier, ...lines(exports)])]
    .join("\n")
    .concat("\n")

const lines = (exports: ReadonlyArray<Exported>, indent = "  "): ReadonlyArray<string> =>
  exports.flatMap(({ kinds, members = [], name }) => [
    `${indent}${name}: ${kinds.toSorted().join(", ")}`,
    ...lines(members, `${indent}  `),
  ])
