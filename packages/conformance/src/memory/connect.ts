/** The destination's end of the connection: asks one thing at a time, and says of a lost connection what it means. */
import { DestinationError, type Reason } from "@batch-exports/core"
import { Effect, type Scope } from "effect"
import { connect as dial, type Socket } from "node:net"
import * as frames from "./frames.ts"
import type { Answer, Request } from "./session.ts"

export interface Connection {
  readonly ask: <A>(request: Request) => Effect.Effect<A, DestinationError>
  /** Waits while the store is slower than the bytes come. */
  readonly send: (bytes: Uint8Array) => Promise<void>
  /** Breaks off at once; the store discards what was not committed. */
  readonly kill: () => void
}

export interface Address {
  readonly host: string
  readonly port: number
}

export const connect = Effect.fnUntraced(function* (
  address: Address,
  password: string,
): Effect.fn.Return<Connection, DestinationError, Scope.Scope> {
  const socket = yield* Effect.acquireRelease(open(address), hangUp, { interruptible: true })
  const connection = talk(socket)
  yield* connection.ask({ ask: "hello", password })
  return connection
})

const open = ({ host, port }: Address): Effect.Effect<Socket, DestinationError> =>
  Effect.callback((resume) => {
    const socket = dial(port, host)
    socket.setNoDelay(true)
    socket.once("connect", () => {
      socket.removeAllListeners("error")
      socket.on("error", () => {})
      resume(Effect.succeed(socket))
    })
    socket.once("error", (cause) => resume(Effect.fail(classify(cause, "connect"))))
    return Effect.sync(() => socket.destroy())
  })

/** Until the store has let go, so that nothing of this run is left when its scope has closed. */
const hangUp = (socket: Socket): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    if (socket.closed) return resume(Effect.void)
    const timer = setTimeout(() => socket.destroy(), 1_000)
    socket.once("close", () => {
      clearTimeout(timer)
      resume(Effect.void)
    })
    socket.resume()
    socket.end()
  })

const talk = (socket: Socket): Connection => {
  const waiting: Array<(answer: Answer | undefined) => void> = []
  socket.on(
    "data",
    frames.reader(({ payload }) => waiting.shift()?.(JSON.parse(payload.toString("utf8")) as Answer)),
  )
  socket.on("close", () => {
    for (const resume of waiting.splice(0)) resume(undefined)
  })

  return {
    ask: <A>(request: Request) =>
      Effect.callback<A, DestinationError>((resume) => {
        if (socket.destroyed) return resume(Effect.fail(lost()))
        waiting.push((answer) => resume(judge<A>(answer)))
        socket.write(Buffer.concat([...frames.message(request)]))
      }),
    send: (bytes) =>
      new Promise((resolve, reject) => {
        if (socket.destroyed) return reject(lost())
        const [head, payload] = frames.frame("D", bytes)
        socket.write(head ?? bytes)
        socket.write(payload ?? bytes, (error) => (error ? reject(classify(error, "transfer")) : resolve()))
      }),
    kill: () => socket.destroy(),
  }
}

const judge = <A>(answer: Answer | undefined): Effect.Effect<A, DestinationError> => {
  if (answer === undefined) return Effect.fail(lost())
  return answer.refused === undefined
    ? Effect.succeed(answer as A)
    : Effect.fail(failure(answer.refused, answer.message))
}

const failure = (reason: Reason.Reason, message: string, code?: string): DestinationError =>
  new DestinationError({
    reason,
    message: `The store of the memory destination: ${message}`,
    remedy: remedies[reason] ?? "Nothing was published. See what the store says.",
    ...(code === undefined ? {} : { code }),
  })

const remedies: Partial<Record<Reason.Reason, string>> = {
  AuthenticationFailed: "Set the password that the store was started with.",
  HostNotFound: "Check the host's name.",
  ConnectionFailed: "Check host and port, and that the store runs.",
}

const lost = (): DestinationError => failure("ConnectionLost", "the connection broke")

/** The network's error codes → reasons. Whatever is not listed is unknown, and stops. */
export const classify = (cause: unknown, phase: "connect" | "transfer" = "transfer"): DestinationError => {
  if (cause instanceof DestinationError) return cause
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : undefined
  const reason = code === undefined ? undefined : codes[code]
  if (reason === undefined) return failure("Unknown", `an unknown error, ${code ?? "without a code"}`, code)
  return failure(phase === "connect" && reason === "ConnectionLost" ? "ConnectionFailed" : reason, `${code}`, code)
}

export const codes: Readonly<Record<string, Reason.Reason>> = {
  ENOTFOUND: "HostNotFound",
  EAI_AGAIN: "ConnectionFailed",
  ECONNREFUSED: "ConnectionFailed",
  EHOSTUNREACH: "ConnectionFailed",
  ENETUNREACH: "ConnectionFailed",
  ETIMEDOUT: "ConnectionLost",
  ECONNRESET: "ConnectionLost",
  ECONNABORTED: "ConnectionLost",
  EPIPE: "ConnectionLost",
}
