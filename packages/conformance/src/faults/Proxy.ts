/** A TCP proxy between the destination and its server: the suite holds it, and cuts it at the bytes that it chooses. */
import { Effect, type Scope } from "effect"
import { connect as dial, createServer, type Socket } from "node:net"
import type { Address } from "../Harness.ts"

/**
 * `before`: the server never sees the bytes. `after`: it sees them, and its answer is lost. `meanwhile`: it sees them, and
 * the connection is lost while it works.
 */
export type Cut = "before" | "after" | "meanwhile"

export interface Proxy {
  readonly address: Address
  /** Breaks every connection now, as a failing network does. */
  readonly cut: Effect.Effect<void>
  /** Breaks the connection on the `index`-th piece that the destination sends from now on, once. */
  readonly trap: (index: number, cut: Cut) => Effect.Effect<{ readonly sprung: Effect.Effect<boolean> }>
  /** Takes nothing more from the destination until released. */
  readonly hold: Effect.Effect<void>
  readonly release: Effect.Effect<void>
}

interface Trap {
  left: number
  readonly cut: Cut
  sprung: boolean
}

export const make = (server: Address): Effect.Effect<Proxy, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.callback<Proxy & { readonly stop: () => void }>((resume) => {
        const links = new Set<{ readonly client: Socket; readonly upstream: Socket }>()
        let trap: Trap | undefined
        let holding = false

        const listener = createServer((client) => {
          const upstream = dial(server.port, server.host)
          const link = { client, upstream }
          links.add(link)
          const forget = () => links.delete(link)
          for (const socket of [client, upstream]) {
            socket.on("error", () => {})
            socket.setNoDelay(true)
          }
          client.on("close", () => {
            upstream.destroy()
            forget()
          })
          upstream.on("close", () => client.destroy())
          upstream.on("data", (chunk) => client.write(chunk))
          if (holding) client.pause()
          client.on("data", (chunk) => {
            if (trap !== undefined && !trap.sprung && trap.left-- === 0) {
              trap.sprung = true
              spring(trap.cut, link, chunk)
              return
            }
            if (!upstream.write(chunk)) {
              client.pause()
              upstream.once("drain", () => {
                if (!holding) client.resume()
              })
            }
          })
        })

        listener.listen(0, "127.0.0.1", () => {
          const address = listener.address()
          resume(
            Effect.succeed({
              address: {
                host: "127.0.0.1",
                port: typeof address === "object" && address !== null ? address.port : 0,
              },
              cut: Effect.sync(() => {
                for (const link of links) breakOff(link)
              }),
              trap: (index, cut) =>
                Effect.sync(() => {
                  const set: Trap = { left: index, cut, sprung: false }
                  trap = set
                  return { sprung: Effect.sync(() => set.sprung) }
                }),
              hold: Effect.sync(() => {
                holding = true
                for (const { client } of links) client.pause()
              }),
              release: Effect.sync(() => {
                holding = false
                for (const { client } of links) client.resume()
              }),
              stop: () => {
                listener.close()
                for (const link of links) breakOff(link)
              },
            }),
          )
        })
      }),
      ({ stop }) => Effect.sync(stop),
    ),
    (proxy): Proxy => proxy,
  )

interface Link {
  readonly client: Socket
  readonly upstream: Socket
}

const breakOff = ({ client, upstream }: Link): void => {
  client.resetAndDestroy()
  upstream.destroy()
}

const spring = (cut: Cut, link: Link, chunk: Buffer): void => {
  const { client, upstream } = link
  if (cut === "before") return breakOff(link)
  upstream.removeAllListeners("data")
  upstream.resume()
  if (cut === "after") upstream.once("data", () => breakOff(link))
  // The server goes on alone, and meets the broken connection with its answer.
  else client.removeAllListeners("close")
  upstream.write(chunk, () => {
    if (cut === "meanwhile") {
      client.resetAndDestroy()
      upstream.once("data", () => upstream.destroy())
      upstream.once("close", () => upstream.destroy())
    }
  })
}
