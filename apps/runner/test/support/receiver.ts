/** A server that takes in what is posted to it. */
import { Effect } from "effect"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

/** `hear` may answer with another status than 200; a redirection leads to the same server. */
export const receiver = (hear: (body: unknown, path: string) => number | void) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly address: string; readonly close: () => void }>((resume) => {
      const server = createServer((request, response) => {
        let text = ""
        request.setEncoding("utf8").on("data", (part: string) => (text += part))
        request.on("end", () => {
          response.writeHead(hear(JSON.parse(text), request.url ?? "") ?? 200, { location: "/elsewhere" })
          response.end()
        })
      })
      server.listen(0, "127.0.0.1", () =>
        resume(
          Effect.succeed({
            address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
            close: () => server.close(),
          }),
        ),
      )
    }),
    ({ close }) => Effect.sync(close),
  ).pipe(Effect.map(({ address }) => address))
