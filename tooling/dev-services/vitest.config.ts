import { mergeConfig } from "vitest/config"
import { config } from "../../tooling/vitest.shared.ts"

/** These tests are about the embedded servers, whatever servers the environment names. */
export default mergeConfig(config, {
  test: { env: { CLICKHOUSE_URL: "", DATABASE_URL: "", PG_BIN: "", POSTGRES_MAJOR: "" } },
})
