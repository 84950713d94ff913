/** Everything that an effect says while it runs: log lines, and spans with their attributes and events. */
import { Effect, Logger, Tracer } from "effect"
import { inspect } from "node:util"

export const overheard = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
): Effect.Effect<readonly [A, ReadonlyArray<string>], E, R> =>
  Effect.suspend(() => {
    const said: Array<string> = []
    const logger = Logger.make((options) => {
      said.push(print(options.message), print(options.cause))
    })
    const tracer = Tracer.make({
      span: (options) => {
        const span = new Tracer.NativeSpan(options)
        const attribute = span.attribute.bind(span)
        span.attribute = (key, value) => {
          said.push(print([options.name, key, value]))
          attribute(key, value)
        }
        const end = span.end.bind(span)
        span.end = (time, exit) => {
          said.push(print([options.name, ...span.events, exit]))
          end(time, exit)
        }
        return span
      },
    })
    return effect.pipe(
      Effect.withTracer(tracer),
      Effect.provide(Logger.layer([logger])),
      Effect.map((result) => [result, said] as const),
    )
  })

/** Deep, as a careless logger would print it. */
export const print = (value: unknown): string =>
  `${inspect(value, { depth: 8, maxStringLength: 10_000 })} ${json(value)}`

const json = (value: unknown): string => {
  try {
    return JSON.stringify(value, (_, item: unknown) => (typeof item === "bigint" ? String(item) : item)) ?? ""
  } catch {
    return ""
  }
}
