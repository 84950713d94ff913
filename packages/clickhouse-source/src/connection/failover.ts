/**
 * Which of several servers an export uses: the one that answered last time, and when it does not, the first that does. The choice
 * is made when a source is opened, so all queries of one attempt go to one server; the next attempt looks again.
 */
import { SourceError } from "@batch-exports/core"
import { Effect } from "effect"
import type { Config } from "../Config.ts"

/** By configuration: what one export found out helps its next runs. */
const answered = new WeakMap<Config, string>()

export const urls = (config: Config): ReadonlyArray<string> => {
  const all = [config.url, ...(config.failover ?? [])]
  const last = answered.get(config)
  return last === undefined ? all : [last, ...all.filter((url) => url !== last)]
}

/** Another server would say the same of the password, of a table, or of a query. */
const isElsewhere = ({ reason }: SourceError): boolean =>
  ["HostNotFound", "ConnectionFailed", "ConnectionLost", "TooBusy", "Stalled", "TlsUnavailable"].includes(reason)

/** With one server, there is nothing to choose: its first query says whether it answers. */
export const choose = <A>(
  config: Config,
  attempt: (url: string) => Effect.Effect<A, SourceError>,
): Effect.Effect<string, SourceError> =>
  Effect.gen(function* () {
    const [first, ...others] = urls(config)
    if (first === undefined || others.length === 0) return config.url
    const failures: Array<SourceError> = []
    for (const url of [first, ...others]) {
      const found = yield* Effect.result(attempt(url))
      if (found._tag === "Success") {
        answered.set(config, url)
        return url
      }
      if (!isElsewhere(found.failure)) return yield* found.failure
      failures.push(found.failure)
    }
    // What may pass for one of them is worth another attempt.
    const { code, reason } = failures.find(({ recovery }) => recovery === "retry") ?? failures[0]!
    return yield* new SourceError({
      reason,
      message: failures.map(({ message }) => message).join("; "),
      remedy: "Check url and failover, and that one of these servers runs.",
      ...(code === undefined ? {} : { code }),
    })
  })
