import { config } from "../../tooling/vitest.shared.ts"

/** Apart from the others: what takes a minute, or what not every machine has. */
export default {
  ...config,
  test: {
    ...config.test,
    include: ["test/operations/*.operations.ts"],
    fileParallelism: false,
    reporters: ["default"],
  },
}
