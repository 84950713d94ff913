import { defineConfig, mergeConfig } from "vitest/config"
import { config } from "../../tooling/vitest.shared.ts"

/** The files of a worker share its modules, and with them its Postgres: starting one for each took a third of the time. */
export default mergeConfig(config, defineConfig({ test: { isolate: false } }))
