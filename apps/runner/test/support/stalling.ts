/** A way to a server on which answers come to a standstill, as they do when somebody does not read any more. */
import { Effect } from "effect"
import { connect, createServer, type AddressInfo, type Socket } from "node:net"
import { together } from "./gate.ts"

export const stalling = (port: number, bytes: number) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const held = new Set<Socket>()
      const all = new Set<Socket>()
      let isHeld = false
      const server = createServer((outer) => {
        const inner = connect(port, "127.0.0.1")
        let passed = 0
        inner.on("data", (chunk: Buffer) => {
          passed += chunk.length
          outer.write(chunk)
          if (!isHeld || passed < bytes) return
          inner.pause()
          held.add(inner)
        })
        outer.pipe(inner)
        inner.on("close", () => held.delete(inner))
        together(outer, inner, all)
      })
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
      return {
        port: (server.address() as AddressInfo).port,
        /** From now on, no connection answers with more than so many bytes. */
        hold: () => {
          isHeld = true
        },
        release: () => {
          isHeld = false
          for (const socket of held) socket.resume()
          held.clear()
        },
        end: () => {
          for (const socket of all) socket.destroy()
          server.close()
        },
      }
    }),
    ({ end }) => Effect.sync(end),
  )
