/**
 * Arrows point one way: core ← sources, destinations and the suite ← runner. A package imports what it declares, and knows
 * nothing of those that come after it.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"

const root = fileURLToPath(new URL("../../..", import.meta.url))

interface Manifest {
  readonly name: string
  readonly private?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

interface Source {
  readonly file: string
  readonly text: string
  /** Names of packages, and `node:` modules. */
  readonly imports: ReadonlyArray<string>
}

interface Package {
  readonly folder: string
  readonly manifest: Manifest
  readonly sources: ReadonlyArray<Source>
}

/** `import`, `export … from`, and `import()`; what stands in comments begins with an asterisk or two slashes. */
const importPattern = /^(?!\s*(?:\*|\/\/)).*?(?:\bfrom\s+|^import\s+|\bimport\s*\(\s*)"([^".][^"]*)"/gm

const packageOf = (specifier: string): string =>
  specifier.startsWith("node:")
    ? specifier
    : specifier
        .split("/")
        .slice(0, specifier.startsWith("@") ? 2 : 1)
        .join("/")

const sourcesOf = (folder: string): ReadonlyArray<Source> => {
  const src = join(folder, "src")
  if (!existsSync(src)) return []
  return readdirSync(src, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => {
      const text = readFileSync(join(src, name), "utf8")
      const imports = Array.from(text.matchAll(importPattern), ([, specifier = ""]) => packageOf(specifier))
      return { file: join(src, name).slice(root.length), text, imports }
    })
}

const packages: ReadonlyArray<Package> = ["packages", "apps", "examples", "tooling"].flatMap((group) =>
  readdirSync(join(root, group))
    .map((name) => join(root, group, name))
    .filter((folder) => existsSync(join(folder, "package.json")))
    .map((folder) => ({
      folder: folder.slice(root.length),
      manifest: JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest,
      sources: sourcesOf(folder),
    })),
)

const named = (name: string): Package => {
  const found = packages.find(({ manifest }) => manifest.name === name)
  if (found === undefined) throw new Error(`there is no package ${name}`)
  return found
}

const core = named("@batch-exports/core")
const destinations = packages.filter(({ folder }) => folder.endsWith("-destination") && !folder.startsWith("tooling"))
const published = packages.filter(({ manifest }) => manifest.private !== true)
const publishedNames = published.map(({ manifest }) => manifest.name)
const isApp = (name: string) =>
  packages.some(({ folder, manifest }) => folder.startsWith("apps") && manifest.name === name)

/** `file imports name` for each import that is not allowed. */
const wrong = (one: Package, isWrong: (name: string, source: Source) => boolean): ReadonlyArray<string> =>
  one.sources.flatMap((source) =>
    source.imports.filter((name) => isWrong(name, source)).map((name) => `${source.file} imports ${name}`),
  )

describe("boundaries", () => {
  it("finds the packages and their imports", () => {
    expect(destinations.map(({ manifest }) => manifest.name)).toContain("@batch-exports/postgres-destination")
    expect(core.sources.some(({ imports }) => imports.includes("effect"))).toBe(true)
  })

  it("core does no I/O and has no driver", () => {
    expect(
      wrong(core, (name) => name.startsWith("node:") || !["effect", "fastest-levenshtein"].includes(name)),
    ).toEqual([])
  })

  it.each(destinations)("$folder knows core and its own driver, and no source", (one) => {
    const own = (name: string) => name === "@batch-exports/core" || name === one.manifest.name
    expect(wrong(one, (name) => name.startsWith("@batch-exports/") && !own(name))).toEqual([])
  })

  it("a source knows no destination", () => {
    for (const one of packages.filter(({ folder }) => folder.endsWith("-source"))) {
      expect(wrong(one, (name) => name.startsWith("@batch-exports/") && name !== "@batch-exports/core")).toEqual([])
    }
  })

  it.each(published)("$folder imports no app", (one) => {
    expect(wrong(one, (name) => isApp(name) && name !== one.manifest.name)).toEqual([])
  })

  it.each(published.filter(({ folder }) => folder.startsWith("packages")))(
    "$folder imports what it declares",
    (one) => {
      const declared = { ...one.manifest.dependencies, ...one.manifest.peerDependencies }
      expect(
        wrong(one, (name) => !name.startsWith("node:") && !(name in declared) && name !== one.manifest.name),
      ).toEqual([])
    },
  )

  it.each(published)("$folder depends on nothing that is not published", (one) => {
    const declared = Object.keys({ ...one.manifest.dependencies, ...one.manifest.peerDependencies })
    expect(declared.filter((name) => name.startsWith("@batch-exports/") && !publishedNames.includes(name))).toEqual([])
  })

  it("changesets name packages that are there", () => {
    const folder = join(root, ".changeset")
    const unknown = readdirSync(folder)
      .filter((file) => file.endsWith(".md"))
      .flatMap((file) => {
        const names = Array.from(
          readFileSync(join(folder, file), "utf8").matchAll(/^"(.+)": \w+$/gm),
          ([, name]) => name,
        )
        return names
          .filter((name) => !packages.some(({ manifest }) => manifest.name === name))
          .map((name) => `${file}: ${name}`)
      })
    expect(unknown).toEqual([])
  })

  it("core names no destination", () => {
    const names = destinations.map(({ folder }) => folder.replace(/^.*\/(.*)-destination$/, "$1"))
    const literal = new RegExp(`["'\`](${names.filter((name) => name !== "file").join("|")})["'\`]`)
    expect(core.sources.filter(({ text }) => literal.test(text)).map(({ file }) => file)).toEqual([])
  })

  it.each(destinations)("$folder decides nothing by the name of a model", ({ sources }) => {
    const literal = /(?:[!=]==?|\bcase|\(|\[)\s*["'`](?:events|persons|sessions)["'`]/
    expect(sources.filter(({ text }) => literal.test(text)).map(({ file }) => file)).toEqual([])
  })
})
