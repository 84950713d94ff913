/**
 * Writes the golden vectors anew: npm run golden. With --check it writes nothing, and fails where ClickHouse now writes other
 * bytes than were committed.
 */
import { Vectors } from "@batch-exports/conformance/golden"
import { clickHouse } from "@batch-exports/dev-services"
import { Effect } from "effect"
import { capture } from "./capture.ts"

const check = process.argv.includes("--check")

const main = Effect.gen(function* () {
  const server = yield* clickHouse()
  let differences = 0
  for (const [codec, vectors] of yield* capture(server)) {
    if (!check) Vectors.write(codec, vectors)
    else if (Vectors.format(vectors) !== Vectors.format(Vectors.read(codec))) {
      differences += 1
      console.error(
        `${codec.name}: ClickHouse writes other bytes than were committed. Look at them: npm run golden, git diff`,
      )
    }
    console.log(`${codec.name}: ${Object.keys(vectors).length} columns`)
  }
  return differences
}).pipe(Effect.scoped)

process.exitCode = (await Effect.runPromise(main)) === 0 ? 0 : 1
