/** Where the runner listens, and who may come in there. Light: a runner that does not listen loads no server. */
import { Context, Effect, Layer, Redacted, Ref, Schema } from "effect"
import { shortestToken } from "../config/RunnerSettings.ts"
import { isLoopback } from "./security/judge.ts"

export interface Address {
  readonly host: string
  readonly port: number
}

/** Where a browser finds it, once it listens: port 0 takes any that is free. */
export class Listening extends Context.Service<Listening, Ref.Ref<string | undefined>>()(
  "batch-exports/http/Listening",
) {
  static readonly layer = Layer.effect(this, Ref.make<string | undefined>(undefined))
}

/** The token of the configuration, or of the environment. */
export const tokenOf = (configured: Redacted.Redacted | undefined): Redacted.Redacted | undefined => {
  const token = process.env["BATCH_EXPORTS_TOKEN"]
  return configured ?? (token === undefined || token === "" ? undefined : Redacted.make(token))
}

export class GuessableToken extends Schema.TaggedError<GuessableToken>()("GuessableToken", {
  message: Schema.String,
}) {}

/** Fails where the token may not be used. That of the configuration has been decoded; the environment's is looked at here. */
export const checkedToken = (configured: Redacted.Redacted | undefined) =>
  Effect.suspend(() => {
    const token = tokenOf(configured)
    return token === undefined || Redacted.value(token).length >= shortestToken
      ? Effect.succeed(token)
      : Effect.fail(new GuessableToken({ message: `BATCH_EXPORTS_TOKEN is shorter than ${shortestToken} characters` }))
  })

export const isLocal = ({ host }: Address): boolean => isLoopback(host.includes(":") ? `[${host}]` : host)

/** Beyond the loopback interface, nobody comes in without a token. */
export const isShut = (address: Address, configured: Redacted.Redacted | undefined): boolean =>
  !isLocal(address) && tokenOf(configured) === undefined
