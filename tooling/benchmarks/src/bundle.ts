/** The export's program in a few files that need nothing else, as the runner's package holds its command line. */
import { fileURLToPath } from "node:url"
import { build } from "rolldown"
import { attempt } from "./BenchmarkError.ts"

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

const folder = here("../../../node_modules/.cache/benchmarks")

/** What `makeBundle` makes. */
export const bundle = `${folder}/ours.js`

/** See apps/runner/rolldown.config.ts. */
export const makeBundle = attempt("bundle the export's program", () =>
  build({
    input: here(`./programs/ours${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`),
    platform: "node",
    external: ["@batch-exports/demo", "pg-native"],
    resolve: { conditionNames: ["@batch-exports/source", "node", "default"] },
    output: { dir: folder, cleanDir: true, chunkFileNames: "[name].js" },
    logLevel: "warn",
  }),
)
