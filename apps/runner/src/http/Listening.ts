/** Where the runner listens, and who may come in there. Light: a runner that does not listen loads no server. */
import { Context, Layer, Redacted, Ref } from "effect"
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

/** Undefined where the token may be used. That of the configuration has been decoded; the environment's is looked at here. */
export const problemOfToken = (configured: Redacted.Redacted | undefined): string | undefined => {
  const token = tokenOf(configured)
  return token === undefined || Redacted.value(token).length >= shortestToken
    ? undefined
    : `BATCH_EXPORTS_TOKEN is shorter than ${shortestToken} characters`
}

export const isLocal = ({ host }: Address): boolean => isLoopback(host.includes(":") ? `[${host}]` : host)

/** Beyond the loopback interface, nobody comes in without a token. */
export const isShut = (address: Address, configured: Redacted.Redacted | undefined): boolean =>
  !isLocal(address) && tokenOf(configured) === undefined
