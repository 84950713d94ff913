import { config } from "../../tooling/vitest.shared.ts"

export default config
