/** `--from` and `--to`: which windows a command is about. */
import { Window } from "@batch-exports/core"
import { Clock, Effect, Option } from "effect"
import { Flag } from "effect/cli"
import { usage } from "./failure.ts"

const days = 7
const day = 86_400_000

export const from = Flag.String("from").pipe(
  Flag.withDescription(`Windows that end after this instant (default: ${days} days ago): 2026-01-31T13:00:00Z`),
  Flag.optional,
)

export const to = Flag.String("to").pipe(
  Flag.withDescription("Windows that begin before this instant (default: now)"),
  Flag.optional,
)

export const parse = Effect.fnUntraced(function* (flags: {
  readonly from: Option.Option<string>
  readonly to: Option.Option<string>
  readonly json: boolean
}) {
  const now = yield* Clock.currentTimeMillis
  const instant = (millis: number) => new Date(millis).toISOString()
  const end = Option.getOrElse(flags.to, () => instant(now))
  const start = Option.getOrElse(flags.from, () => instant((Date.parse(end) || now) - days * day))
  return yield* Effect.fromResult(Window.parse(`${start}/${end}`)).pipe(
    Effect.catch((message) => usage(`--from, --to: ${message}`, flags.json)),
  )
})
