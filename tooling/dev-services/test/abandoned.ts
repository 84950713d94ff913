/** A program that starts both servers and then does nothing, until somebody kills it. */
import { Console, Effect } from "effect"
import { clickHouse, postgres } from "../src/index.ts"

await Effect.runPromise(
  Effect.scoped(
    Effect.gen(function* () {
      const servers = yield* Effect.all([clickHouse(), postgres()], { concurrency: "unbounded" })
      // A query under way must not keep the engine alive either.
      const [{ password, url }] = servers
      const query = "SELECT count() FROM numbers(1000000000000) WHERE number % 7 = 3"
      const busy = fetch(url, { method: "POST", body: query, headers: { "X-ClickHouse-Key": password } })
      yield* Console.log("ready")
      yield* Effect.promise(() => busy)
    }),
  ),
)
