/** Sockets to one server. A connection that does not come about fails after its own, short time: a request may take much longer. */
import { Agent as HttpAgent, type AgentOptions as HttpOptions } from "node:http"
import { Agent as HttpsAgent, type AgentOptions as HttpsOptions } from "node:https"
import type { Socket } from "node:net"
import type { Duplex } from "node:stream"
import type { ConnectionOptions } from "node:tls"

export interface AgentOptions {
  readonly encrypted: boolean
  readonly tls: ConnectionOptions
  readonly connectTimeout: number
}

const most = 16

export const agent = ({ connectTimeout, encrypted, tls }: AgentOptions): HttpAgent => {
  const options = { keepAlive: true, maxSockets: most }
  return encrypted ? new Encrypted({ ...options, ...tls }, connectTimeout) : new Plain(options, connectTimeout)
}

class Plain extends HttpAgent {
  readonly #millis: number

  constructor(options: HttpOptions, millis: number) {
    super(options)
    this.#millis = millis
  }

  override createConnection(...args: Parameters<HttpAgent["createConnection"]>) {
    return bounded(super.createConnection(...args), "connect", this.#millis)
  }
}

class Encrypted extends HttpsAgent {
  readonly #millis: number

  constructor(options: HttpsOptions, millis: number) {
    super(options)
    this.#millis = millis
  }

  override createConnection(...args: Parameters<HttpsAgent["createConnection"]>) {
    return bounded(super.createConnection(...args), "secureConnect", this.#millis)
  }
}

const bounded = <S extends Duplex | Socket | null | undefined>(socket: S, ready: string, millis: number): S => {
  if (socket === null || socket === undefined) return socket
  const timer = setTimeout(
    () => socket.destroy(Object.assign(new Error(`no connection in ${millis} ms`), { code: "ETIMEDOUT" })),
    millis,
  )
  for (const event of [ready, "close"]) socket.once(event, () => clearTimeout(timer))
  return socket
}
