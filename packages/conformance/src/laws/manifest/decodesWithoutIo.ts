import { Effect } from "effect"
import * as expect from "../../expect.ts"
import { spawn } from "../../faults/spawn.ts"
import { always, type Law } from "../../Law.ts"

export const decodesWithoutIo: Law = {
  name: "manifest/decodes-without-io",
  says: "Decoding a configuration contacts nothing and writes nothing, so that files can be checked anywhere.",
  when: always,
  run: Effect.fnUntraced(function* (bench) {
    const { target } = yield* bench.fresh
    const { said } = yield* spawn({
      module: bench.harness.module,
      plugin: bench.plugin.name,
      config: target.config,
      task: { do: "configure" },
    })
    const steps = said.find((one) => one.say === "configured")?.steps
    yield* expect.that(steps === 0, {
      expected: "no connection, and no write to a file or a socket",
      seen: `${steps} of them`,
      advice: "Let `Config` be a schema without effects; look at the world in `check`, `plan` and `open`.",
    })
  }),
}
