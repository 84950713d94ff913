/** The console: files that a release builds, and one page for all of its addresses. */
import { Effect, Layer } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse, HttpStaticServer } from "effect/http"
import { existsSync } from "node:fs"
import { packageFile } from "../packageFile.ts"
import { notFound } from "./security/guard.ts"
import { isApi } from "./security/judge.ts"

/** Beside the compiled code, wherever this file is. */
const root = packageFile("dist/console")

const absent = HttpServerResponse.text(
  "The console is not there: it is built with npm run build:console. The API is at /api/openapi.json.\n",
  { status: 404 },
)

export const layer = Layer.unwrap(
  Effect.gen(function* () {
    // Names of assets change with what is in them; the page names them, and is asked for anew.
    const files = yield* HttpStaticServer.make({ root, spa: true, cacheControl: "no-cache" })
    const page = Effect.gen(function* () {
      const request = yield* HttpServerRequest.HttpServerRequest
      if (isApi(request.url.split(/[?#;]/)[0] ?? "")) return notFound
      if (!existsSync(root)) return absent
      return yield* files
    })
    return HttpRouter.add("GET", "*", page)
  }),
)
