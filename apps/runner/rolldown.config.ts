/**
 * What the package's command and the container image run: the command line and all that it loads, in a few files that need nothing
 * else. Node takes three times as long to load the same as some seven hundred modules, and keeps half as much memory again.
 */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { defineConfig, type Plugin } from "rolldown"

/** The licences of what is in the bundle, which have to go with it. */
const licences: Plugin = {
  name: "licences",
  generateBundle(_, files) {
    const modules = Object.values(files).flatMap((file) => (file.type === "chunk" ? file.moduleIds : []))
    const packages = new Set(modules.flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0] ?? []))
    const texts = [...packages].sort().map((folder) => {
      const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest
      const name = readdirSync(folder).find((file) => /^licen[cs]e/i.test(file))
      const text = name === undefined ? "" : `\n\n${readFileSync(join(folder, name), "utf8").trim()}`
      return `${manifest.name} ${manifest.version}, ${manifest.license}${text}\n`
    })
    this.emitFile({ type: "asset", fileName: "licenses.txt", source: texts.join(`\n${"-".repeat(80)}\n\n`) })
  },
}

interface Manifest {
  readonly name: string
  readonly version: string
  readonly license: string
}

export default defineConfig({
  input: "src/main.ts",
  platform: "node",
  // What only a clone has; and what pg tries, and does without.
  external: ["@batch-exports/demo", "pg-native"],
  resolve: { conditionNames: ["@batch-exports/source", "node", "default"] },
  // One folder deep, as the sources are: see packageFile.ts.
  output: { dir: "bundle", cleanDir: true, chunkFileNames: "[name].js" },
  plugins: [licences],
})
