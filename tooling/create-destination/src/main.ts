#!/usr/bin/env node
/** `create-destination <name>`: a folder with a destination that works and is tested, to be changed into another one. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import { files, type Place, problem, templates } from "./files.ts"

const say = (text: string) => process.stdout.write(`${text}\n`)

const refuse = (text: string): never => {
  process.stderr.write(`error: ${text}\n`)
  process.exit(2)
}

/** The root of the repository of batch exports, when the current folder is in it. */
const repository = (from: string): string | undefined => {
  const manifest = join(from, "package.json")
  if (existsSync(manifest)) {
    const { name } = JSON.parse(readFileSync(manifest, "utf8")) as { readonly name?: string }
    if (name === "batch-exports-monorepo") return from
  }
  return dirname(from) === from ? undefined : repository(dirname(from))
}

/** Shipped with the package; in the repository, the example itself. */
const template = (): Record<(typeof templates)[number], string> => {
  const shipped = fileURLToPath(new URL("../template", import.meta.url))
  const from = existsSync(shipped)
    ? shipped
    : fileURLToPath(new URL("../../../examples/minimal-destination", import.meta.url))
  return Object.fromEntries(templates.map((name) => [name, readFileSync(join(from, name), "utf8")])) as Record<
    (typeof templates)[number],
    string
  >
}

const own = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  readonly version: string
}

const [name = "", ...rest] = process.argv.slice(2)
if (name === "" || rest.length > 0) refuse("usage: create-destination <name>")
const wrong = problem(name)
if (wrong !== undefined) refuse(wrong)

const root = repository(process.cwd())
const place: Place = { name, inside: root !== undefined, version: own.version }
const folder = join(root === undefined ? process.cwd() : join(root, "packages"), `${name}-destination`)
if (existsSync(folder)) refuse(`${folder} is there already`)

for (const [path, text] of Object.entries(files(place, template()))) {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text)
}

if (root === undefined) {
  say(`Made ${folder}. Next:\n  cd ${relative(process.cwd(), folder)}\n  npm install\n  npm test`)
} else {
  const file = join(root, "tsconfig.json")
  const tsconfig = JSON.parse(readFileSync(file, "utf8")) as { references: Array<{ readonly path: string }> }
  tsconfig.references.push({ path: `packages/${name}-destination` })
  writeFileSync(file, `${JSON.stringify(tsconfig, null, 2)}\n`)
  say(`Made ${folder}. Next:\n  npm install\n  cd packages/${name}-destination\n  npx vitest run`)
}
