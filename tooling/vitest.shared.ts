import { defineConfig } from "vitest/config"

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
