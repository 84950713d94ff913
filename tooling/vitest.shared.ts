import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"

// For the many programs that tests start: they compile the same modules over and over.
process.env["NODE_COMPILE_CACHE"] ??= fileURLToPath(new URL("../node_modules/.cache/node", import.meta.url))

/** Tests run against the sources of every workspace package, never against a stale `dist`. */
const conditions = ["@batch-exports/source"]

export const config = defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    reporters: ["default", "json"],
    outputFile: { json: ".vitest/report.json" },
  },
})
