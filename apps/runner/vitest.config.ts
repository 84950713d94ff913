import { config } from "../../tooling/vitest.shared.ts"
import { mergeConfig } from "vitest/config"

// The longest of all; and its tests wait for runs and servers more than they compute.
export default mergeConfig(config, { test: { maxWorkers: 2 } })
