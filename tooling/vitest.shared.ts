import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"
import type { Reporter } from "vitest/node"

// For the many programs that tests start: they compile the same modules over and over.
process.env["NODE_COMPILE_CACHE"] ??= fileURLToPath(new URL("../node_modules/.cache/node", import.meta.url))

/** Tests run against the sources of every workspace package, never against a stale `dist`. */
const conditions = ["@batch-exports/source"]

const sayFlaky: Reporter = {
  onTestCaseResult(test) {
    if (test.diagnostic()?.flaky === true) console.log(`Flaky: passed when it was run again: ${test.fullName}`)
  },
}

export const config = defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Continuous integration asks for one, so that a busy machine does not refuse a change; it is said and not hidden.
    retry: Number(process.env["TEST_RETRIES"] ?? 0),
    reporters: ["default", "json", sayFlaky],
    outputFile: { json: ".vitest/report.json" },
  },
})
