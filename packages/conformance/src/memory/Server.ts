/** The store behind a socket of the loopback interface: a server small enough to read, and real enough to be cut off. */
import { Effect, type Scope } from "effect"
import { createServer, type Socket } from "node:net"
import * as frames from "./frames.ts"
import { type Request, session } from "./session.ts"
import type { Parts } from "./Parts.ts"
import type { Store } from "./Store.ts"

export interface Server {
  readonly host: string
  readonly port: number
}

export const serve = (store: Store, parts: Parts, password: string): Effect.Effect<Server, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.callback<{ readonly port: number; readonly stop: () => void }>((resume) => {
        const sockets = new Set<Socket>()
        const server = createServer((socket) => {
          sockets.add(socket)
          socket.on("close", () => sockets.delete(socket))
          attend(socket, store, parts, password)
        })
        server.listen(0, "127.0.0.1", () => {
          const address = server.address()
          const stop = () => {
            server.close()
            for (const socket of sockets) socket.destroy()
          }
          resume(Effect.succeed({ port: typeof address === "object" && address !== null ? address.port : 0, stop }))
        })
      }),
      ({ stop }) => Effect.sync(stop),
    ),
    ({ port }) => ({ host: "127.0.0.1", port }),
  )

const attend = (socket: Socket, store: Store, parts: Parts, password: string): void => {
  const talk = session(store, parts, password)
  // One answer after the other, in the order of the questions.
  let last: Promise<void> = Promise.resolve()
  const read = frames.reader(({ kind, payload }) => {
    if (kind === "D") {
      // Copied: what arrived is a view into the socket's own memory.
      const bytes = Buffer.from(payload)
      last = last.then(() => talk.bytes(bytes))
      return
    }
    const request = JSON.parse(payload.toString("utf8")) as Request
    last = last.then(async () => {
      const answer = await talk.answer(request)
      if (!socket.destroyed) for (const piece of frames.message(answer)) socket.write(piece)
    })
  })
  socket.setNoDelay(true)
  socket.on("data", read)
  socket.on("error", () => {})
  socket.on("close", () => {
    last = last.then(talk.close)
  })
}
