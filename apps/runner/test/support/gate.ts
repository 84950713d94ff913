/** A door in front of a server: while it is closed, nobody gets through, and whoever was inside is thrown out. */
import { Effect, type Scope } from "effect"
import { connect, createServer, type AddressInfo, type Socket } from "node:net"
import { Readable } from "node:stream"
import { setTimeout as sleep } from "node:timers/promises"

export interface Gate {
  readonly port: number
  readonly close: () => void
  readonly open: () => void
}

/** How fast the server's answers come through. */
export interface Line {
  readonly bytes: number
  readonly everyMillis: number
}

export const gate = (port: number, line?: Line): Effect.Effect<Gate, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<Gate & { readonly end: () => void }>((resume) => {
      const inside = new Set<Socket>()
      let isOpen = true
      const server = createServer((outer) => {
        if (!isOpen) return outer.destroy()
        const inner = connect(port, "127.0.0.1")
        together(outer, inner, inside)
        outer.pipe(inner)
        if (line === undefined) inner.pipe(outer)
        else
          Readable.from(slowly(inner, line))
            .on("error", () => outer.destroy())
            .pipe(outer)
      })
      const close = () => {
        isOpen = false
        for (const socket of inside) socket.destroy()
      }
      const open = () => {
        isOpen = true
      }
      const end = () => {
        close()
        server.close()
      }
      server.listen(0, "127.0.0.1", () =>
        resume(Effect.succeed({ port: (server.address() as AddressInfo).port, close, open, end })),
      )
    }),
    ({ end }) => Effect.sync(end),
  )

/** Where one ends, the other does; `alive` holds both until then. */
export const together = (outer: Socket, inner: Socket, alive: Set<Socket>): void => {
  for (const [one, other] of [
    [outer, inner],
    [inner, outer],
  ] as const) {
    alive.add(one)
    one
      .on("error", () => {})
      .on("close", () => {
        alive.delete(one)
        other.destroy()
      })
  }
}

async function* slowly(from: Socket, { bytes, everyMillis }: Line) {
  for await (const chunk of from as AsyncIterable<Buffer>) {
    for (let at = 0; at < chunk.length; at += bytes) {
      yield chunk.subarray(at, at + bytes)
      await sleep(everyMillis)
    }
  }
}
