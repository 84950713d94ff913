/** One port: health and figures, the API, and the console. */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { Effect, Layer, type Redacted, Ref } from "effect"
import { HttpRouter, HttpServer } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { createServer } from "node:http"
import * as Health from "../runner/healthServer.ts"
import { Api } from "./api/Api.ts"
import * as RefusesMalformed from "./api/RefusesMalformed.ts"
import { Changes } from "./changes.ts"
import * as Console from "./console.ts"
import { backfills } from "./handlers/backfills.ts"
import { Trials } from "./handlers/common.ts"
import { exports } from "./handlers/exports.ts"
import { kinds } from "./handlers/kinds.ts"
import { runs } from "./handlers/runs.ts"
import { session } from "./handlers/session.ts"
import { trials } from "./handlers/trials.ts"
import { type Address, checkedToken, isLocal, Listening } from "./Listening.ts"
import { Access } from "./security/Access.ts"
import { guard } from "./security/guard.ts"

const api = HttpApiBuilder.layer(Api, { openapiPath: "/api/openapi.json" }).pipe(
  Layer.provide([exports, trials, runs, backfills, kinds, session]),
  Layer.provide(RefusesMalformed.layer),
)

const announce = (host: string) =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const { address } = yield* HttpServer.HttpServer
      if (address._tag !== "UnixPathAddress") yield* Ref.set(yield* Listening, url(host, address.port))
    }),
  )

const url = (host: string, port: number): string => {
  const name = host === "0.0.0.0" || host === "::" ? "localhost" : host
  return `http://${name.includes(":") ? `[${name}]` : name}:${port}/`
}

export const layer = (address: Address, configured: Redacted.Redacted | undefined) =>
  Layer.unwrap(Effect.map(checkedToken(configured), (token) => serving(address, token)))

const serving = (address: Address, token: Redacted.Redacted | undefined) => {
  const routes = Layer.mergeAll(Health.routes, api, Console.layer, guard({ loopback: isLocal(address) }))
  return HttpRouter.serve(routes, { disableLogger: true, disableListenLog: true }).pipe(
    Layer.merge(announce(address.host)),
    // What handlers ask for with each request.
    Layer.provide([Access.layer(token), Trials.layer, Changes.layer]),
    // Pages that watch would hold a stopping runner up.
    Layer.provide(NodeHttpServer.layer(createServer, { ...address, gracefulShutdownTimeout: "500 millis" })),
  )
}
