import { defineConfig, mergeConfig } from "vitest/config"
import { config } from "../../tooling/vitest.shared.ts"

/** Apart from the others, which are done in seconds. */
const merged = mergeConfig(config, defineConfig({ test: { reporters: ["default"] } }))

export default { ...merged, test: { ...merged.test, include: ["test/volume/*.volume.ts"] } }
