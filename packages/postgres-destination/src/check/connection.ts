/** The steps of a connection: reach the server, encrypt, log in, enter the database. One call makes them all; its stages tell where it stopped. */
import type { CheckStep, DestinationError } from "@batch-exports/core"
import { Clock, Effect, type Scope } from "effect"
import { address } from "../config/address.ts"
import type { Config } from "../config/Config.ts"
import { tlsPolicy } from "../config/tlsPolicy.ts"
import { connect, type Session, type Stage } from "../connection/Session.ts"
import * as verify from "../target/verify.ts"
import { failed, type Report } from "./step.ts"

type StepId = "connect" | "tls" | "authenticate" | "database"

const titles: Readonly<Record<StepId, string>> = {
  connect: "Reach the server",
  tls: "Encrypted connection",
  authenticate: "Log in",
  database: "Database",
}

const order: ReadonlyArray<StepId> = ["connect", "tls", "authenticate", "database"]

export const checkConnection = Effect.fnUntraced(function* (
  config: Config,
  report: Report,
): Effect.fn.Return<Session, DestinationError, Scope.Scope> {
  const clock = yield* Clock.Clock
  const started = clock.currentTimeMillisUnsafe()
  const reached = new Map<Stage, number>()
  const opened = yield* Effect.result(
    Effect.gen(function* () {
      const session = yield* connect(config, (stage) => reached.set(stage, clock.currentTimeMillisUnsafe()))
      yield* Effect.fromResult(verify.version(session.server))
      return session
    }),
  )
  const now = clock.currentTimeMillisUnsafe()
  const socket = reached.get("socket") ?? now
  const encrypted = reached.get("encrypted") ?? socket
  const ready = reached.get("ready") ?? now
  const durations: Readonly<Record<StepId, number>> = {
    connect: socket - started,
    tls: encrypted - socket,
    authenticate: ready - encrypted,
    database: now - ready,
  }
  const stopped = opened._tag === "Failure" ? failedStep(opened.failure, config, reached) : undefined
  for (const id of order) {
    if (opened._tag === "Failure" && id === stopped) {
      yield* report(failed(id, titles[id], opened.failure, durations[id]))
      return yield* opened.failure
    }
    yield* report(passed(id, config, opened._tag === "Success" ? opened.success : undefined, durations[id]))
  }
  return yield* Effect.fromResult(opened)
})

/** The reason says it where it can; otherwise the first stage that was not reached. */
export const failedStep = (
  error: DestinationError,
  config: Config,
  reached: { has: (stage: Stage) => boolean },
): StepId => {
  switch (error.reason) {
    case "TlsUnavailable":
    case "TlsUntrusted":
      return "tls"
    case "AuthenticationFailed":
      return "authenticate"
    case "DatabaseMissing":
    case "PermissionDenied":
    case "Unsupported":
      return "database"
    default:
      if (reached.has("ready")) return "database"
      if (!reached.has("socket")) return "connect"
      return reached.has("encrypted") || tlsPolicy(config)._tag === "Plaintext" ? "authenticate" : "tls"
  }
}

const passed = (id: StepId, config: Config, session: Session | undefined, durationMillis: number): CheckStep => {
  const step = { id, title: titles[id], durationMillis }
  switch (id) {
    case "connect":
      return { ...step, status: "passed", detail: address(config) }
    case "tls": {
      const policy = tlsPolicy(config)
      return policy._tag === "Plaintext"
        ? { ...step, status: "skipped", detail: "not encrypted, by sslmode: disable" }
        : { ...step, status: "passed", detail: verified[policy.verify] }
    }
    case "authenticate":
      return { ...step, status: "passed", detail: config.user }
    case "database":
      return {
        ...step,
        status: "passed",
        detail:
          session === undefined
            ? config.database
            : `${config.database} on Postgres ${Math.floor(session.server.version / 10_000)}`,
      }
    default:
      return id satisfies never
  }
}

const verified = {
  none: "encrypted; the certificate is not verified",
  ca: "encrypted; the certificate is verified, the host name is not",
  full: "encrypted; certificate and host name are verified",
} as const
