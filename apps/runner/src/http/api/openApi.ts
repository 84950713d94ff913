/** The OpenAPI document, which is served, and checked in as docs/openapi.json. */
import { OpenApi } from "effect/http-api"
import { Api } from "./Api.ts"

export const openApi = (): OpenApi.OpenAPISpec => OpenApi.fromApi(Api)
