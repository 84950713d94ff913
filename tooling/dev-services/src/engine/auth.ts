/** Who asks: one user with one password, told in any of the three ways that ClickHouse knows. */
import { createHash, timingSafeEqual } from "node:crypto"
import type { IncomingHttpHeaders } from "node:http"
import { Exception } from "./Exception.ts"

export const user = "default"

export const authenticate = (headers: IncomingHttpHeaders, url: URLSearchParams, password: string): void => {
  const given = credentials(headers, url)
  if (given.user !== user || !same(given.password, password))
    throw new Exception(
      516,
      "AUTHENTICATION_FAILED",
      `${given.user}: Authentication failed: password is incorrect, or there is no user with such name.`,
    )
}

const credentials = (headers: IncomingHttpHeaders, url: URLSearchParams) => {
  const [, encoded] = /^Basic (.+)$/i.exec(headers.authorization ?? "") ?? []
  if (encoded !== undefined) {
    const text = Buffer.from(encoded, "base64").toString()
    const colon = text.indexOf(":")
    return colon === -1 ? { user: text, password: "" } : { user: text.slice(0, colon), password: text.slice(colon + 1) }
  }
  return {
    user: one(headers["x-clickhouse-user"]) ?? url.get("user") ?? user,
    password: one(headers["x-clickhouse-key"]) ?? url.get("password") ?? "",
  }
}

const one = (header: string | ReadonlyArray<string> | undefined): string | undefined =>
  typeof header === "string" ? header : header?.[0]

const same = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b))
const digest = (text: string) => createHash("sha256").update(text).digest()
