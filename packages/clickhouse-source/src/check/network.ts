/** The steps before there is a query: whether the servers can be reached, and whether they are who they say they are. */
import { connect as connectSocket } from "node:net"
import { connect as connectTls } from "node:tls"
import type { Duplex } from "node:stream"
import type { SourceError } from "@batch-exports/core"
import { Duration, Effect, Redacted, Result, type Scope } from "effect"
import { isEncrypted, isLocal } from "../config/address.ts"
import type { Config } from "../Config.ts"
import { tlsOptions } from "../connection/tlsOptions.ts"
import { classify } from "../errors/classify.ts"
import type { Step } from "./check.ts"

const hostAndPort = (url: string) => {
  const { hostname, port, protocol } = new URL(url)
  return {
    // Brackets are for URLs.
    host: hostname.replace(/^\[(.*)\]$/, "$1"),
    port: port === "" ? (protocol === "https:" ? 443 : 80) : Number(port),
  }
}

/** Waits until a socket says that it is ready, for no longer than a connection may take. */
const ready = <S extends Duplex>(
  config: Config,
  url: string,
  open: () => S,
  event: string,
): Effect.Effect<S, SourceError, Scope.Scope> =>
  Effect.acquireRelease(Effect.sync(open), (socket) => Effect.sync(() => socket.destroy())).pipe(
    Effect.flatMap((socket) =>
      Effect.callback<S, SourceError>((resume) => {
        const failed = (cause: unknown) =>
          resume(Effect.fail(classify(cause, { url: new URL(url).origin, secret: Redacted.value(config.password) })))
        const timer = setTimeout(
          () => failed(Object.assign(new Error("no connection in time"), { code: "ETIMEDOUT" })),
          Duration.toMillis(config.connectTimeout),
        )
        socket.once(event, () => resume(Effect.succeed(socket)))
        socket.on("error", failed)
        return Effect.sync(() => clearTimeout(timer))
      }),
    ),
  )

export const reachStep = (config: Config): Step => ({
  id: "connect",
  title: "ClickHouse can be reached",
  run: Effect.gen(function* () {
    const found = yield* Effect.forEach([config.url, ...(config.failover ?? [])], (url) =>
      Effect.map(
        Effect.result(Effect.scoped(ready(config, url, () => connectSocket(hostAndPort(url)), "connect"))),
        (result) => ({ url: new URL(url).origin, result }),
      ),
    )
    const failures = found.flatMap(({ result }) => (Result.isFailure(result) ? [result.failure] : []))
    if (failures.length === found.length) return yield* failures[0]!
    const answer = found.flatMap(({ result, url }) => (Result.isSuccess(result) ? [url] : []))
    return [...answer, ...failures.map(({ message }) => message)].join("; ")
  }),
})

export const encryptionStep = (config: Config): Step => ({
  id: "tls",
  title: "The connection is encrypted and the server is known",
  run: encryption(config),
})

const encryption = Effect.fnUntraced(function* (config: Config) {
  const urls = [config.url, ...(config.failover ?? [])]
  if (!isEncrypted(config.url)) {
    return urls.every(isLocal)
      ? { skipped: "not encrypted: on this machine only" }
      : {
          skipped: "not encrypted: on the way, anyone can read the password and the data",
          remedy:
            "Write https, with the port of ClickHouse's HTTPS interface (often 8443), unless the network is trusted.",
        }
  }
  const options = yield* tlsOptions(config)
  const found = yield* Effect.forEach(urls, (url) => {
    const { host, port } = hostAndPort(url)
    // An address is no name that a certificate could be asked for by.
    const servername = /^[\d.]+$|:/.test(host) ? {} : { servername: host }
    return Effect.result(
      Effect.scoped(
        Effect.map(
          ready(config, url, () => connectTls({ ...options, host, port, ...servername }), "secureConnect"),
          (socket) => socket.getProtocol() ?? "TLS",
        ),
      ),
    )
  })
  const failures = found.flatMap((each) => (Result.isFailure(each) ? [each.failure] : []))
  // A server that is down is no reason to stop while another is there; one that is not trusted is.
  const untrusted = failures.find(({ reason }) => reason !== "ConnectionFailed")
  const failure = untrusted ?? (failures.length === found.length ? failures[0] : undefined)
  if (failure !== undefined) return yield* failure
  const protocols = new Set(found.flatMap((each) => (Result.isSuccess(each) ? [each.success] : [])))
  const protocol = [...protocols].join(", ")
  if (config.selfSigned) {
    return {
      skipped: `${protocol}; the certificate is not verified (selfSigned): anyone could answer in the server's place`,
      remedy: "Give the certificate of the authority as rootCertificate instead.",
    }
  }
  return `${protocol}, verified by ${config.rootCertificate === undefined ? "the system's authorities" : "rootCertificate"}`
})
