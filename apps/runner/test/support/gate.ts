/** A door in front of a server: while it is closed, nobody gets through, and whoever was inside is thrown out. */
import { Effect } from "effect"
import { connect, createServer, type AddressInfo, type Socket } from "node:net"

export const gate = (port: number) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly port: number; readonly close: () => void; readonly open: () => void; end: () => void }>(
      (resume) => {
        const inside = new Set<Socket>()
        let isOpen = true
        const server = createServer((outer) => {
          if (!isOpen) return outer.destroy()
          const inner = connect(port, "127.0.0.1")
          for (const [one, other] of [
            [outer, inner],
            [inner, outer],
          ] as const) {
            inside.add(one)
            one
              .on("error", () => {})
              .on("close", () => {
                inside.delete(one)
                other.destroy()
              })
            one.pipe(other)
          }
        })
        const close = () => {
          isOpen = false
          for (const socket of inside) socket.destroy()
        }
        server.listen(0, "127.0.0.1", () =>
          resume(
            Effect.succeed({
              port: (server.address() as AddressInfo).port,
              close,
              open: () => {
                isOpen = true
              },
              end: () => {
                close()
                server.close()
              },
            }),
          ),
        )
      },
    ),
    ({ end }) => Effect.sync(end),
  )
