/** A TCP proxy in front of the server that sees each message of the client, and can cut the connection at an exact one. */
import { Effect } from "effect"
import { createServer, type Socket, connect as dial } from "node:net"

export interface Message {
  /** The protocol's type byte: `Q`, `P`, `d` … Empty for the start-up packet. */
  readonly type: string
  readonly body: Buffer
}

export interface Link {
  readonly client: Socket
  readonly server: Socket
  /** Both ends at once, as when the machine between dies. */
  readonly cut: () => void
}

/** `drop` swallows a message of the client; what else happens is up to the function. */
export type OnMessage = (message: Message, link: Link) => "pass" | "drop"

export interface Proxy {
  readonly port: number
  /** Of all connections, in order. */
  readonly messages: ReadonlyArray<Message>
  readonly closeListener: () => void
}

export const proxy = (to: { readonly host: string; readonly port: number }, onMessage: OnMessage = () => "pass") =>
  Effect.acquireRelease(
    Effect.callback<Proxy & { readonly stop: () => void }>((resume) => {
      const messages: Array<Message> = []
      const sockets = new Set<Socket>()
      const server = createServer((client) => {
        const upstream = dial(to.port, to.host)
        const cut = () => {
          client.resetAndDestroy()
          upstream.destroy()
        }
        const link: Link = { client, server: upstream, cut }
        for (const socket of [client, upstream]) {
          sockets.add(socket)
          socket.on("error", () => {})
          socket.setNoDelay(true)
        }
        client.on("close", () => upstream.destroy())
        upstream.on("close", () => client.destroy())
        upstream.on("data", (chunk) => client.write(chunk))
        let pending: Buffer = Buffer.alloc(0)
        let started = false
        client.on("data", (chunk) => {
          pending = Buffer.concat([pending, chunk])
          for (;;) {
            const head = started ? 1 : 0
            if (pending.length < head + 4) return
            const length = head + pending.readUInt32BE(head)
            if (pending.length < length) return
            const raw = pending.subarray(0, length)
            pending = pending.subarray(length)
            const message = { type: started ? String.fromCharCode(raw[0] ?? 0) : "", body: raw.subarray(head + 4) }
            started = true
            messages.push(message)
            if (onMessage(message, link) === "pass" && !upstream.destroyed) upstream.write(raw)
          }
        })
      })
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        resume(
          Effect.succeed({
            port: typeof address === "object" && address !== null ? address.port : 0,
            messages,
            closeListener: () => server.close(),
            stop: () => {
              server.close()
              for (const socket of sockets) socket.destroy()
            },
          }),
        )
      })
    }),
    ({ stop }) => Effect.sync(stop),
  )

export const isQuery = (message: Message, text: string): boolean =>
  message.type === "Q" && message.body.toString() === `${text}\0`
