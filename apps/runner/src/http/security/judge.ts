/**
 * Whether a request may pass, from what is known of it. Pure. Three things are kept out: whoever has no token where there is one;
 * pages of other sites that speak through a visitor's browser; and names that were bent to point at this machine.
 */

export interface Request {
  readonly method: string
  readonly path: string
  readonly host: string | undefined
  readonly origin: string | undefined
  /** `Sec-Fetch-Site`: browsers send it, pages cannot change it. */
  readonly fetchSite: string | undefined
  /** `wrong`: a token was given that is not the one. */
  readonly credential: "token" | "session" | "wrong" | "none"
}

export interface Protection {
  /** A token has been set. */
  readonly token: boolean
  /** The address that is listened on is this machine's own. */
  readonly loopback: boolean
}

export interface Refusal {
  readonly status: 401 | 403
  readonly message: string
  readonly remedy: string
}

/** What other programs watch. Shows no settings, and changes nothing. */
const probes: ReadonlySet<string> = new Set(["/healthz", "/readyz", "/metrics"])

const safe: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"])

/** Where the console's page, its assets and its addresses begin. They hold nothing of anybody's. */
const pages: ReadonlySet<string> = new Set(["", "assets", "favicon.svg", "destinations"])

/** Whatever is not the page counts as the API, since a router may read a path in more ways than one (`/%61pi`). */
export const isApi = (path: string): boolean => !pages.has(path.split("/").find((segment) => segment !== "") ?? "")

export const judge = (request: Request, { loopback, token }: Protection): Refusal | undefined => {
  const { credential, fetchSite, host, method, origin, path } = request
  const isProbe = probes.has(path) && safe.has(method)
  if (!token) {
    if (!loopback) return isProbe ? undefined : refuse(403, "the API and the console need a token here", SET_TOKEN)
    // A page whose name was made to point at this machine calls it by that name.
    if (host === undefined || !isLoopback(host)) {
      return refuse(403, "this address is not answered", "Call it as localhost or 127.0.0.1, or set a token.")
    }
  }
  if (isProbe) return undefined
  const same = origin !== undefined && host !== undefined && hostOf(origin) === host.toLowerCase()
  const changes = !safe.has(method)
  if (isApi(path) || changes) {
    if (origin !== undefined && !same) return refuse(403, "requests of other sites are not answered", SAME)
    if (fetchSite === "cross-site" || fetchSite === "same-site")
      return refuse(403, "requests of other sites are not answered", SAME)
  }
  if (credential === "wrong") return refuse(401, "the token is not the one that was set", GIVE_TOKEN)
  // A page cannot make a browser send a token that it does not know.
  if (credential === "token") return undefined
  if (changes && !same && fetchSite !== "same-origin") {
    return refuse(403, "a request that changes something must say where it comes from", SAY_ORIGIN)
  }
  if (!token || credential === "session" || isOpen(path, method)) return undefined
  return refuse(401, "a token is needed", GIVE_TOKEN)
}

/** Without a session: the page itself, which holds nothing, and the login. */
const isOpen = (path: string, method: string): boolean =>
  !isApi(path) || (path === "/api/session" && (method === "GET" || method === "POST"))

const SET_TOKEN =
  "Set BATCH_EXPORTS_TOKEN, or token under runner, and start again. Or listen on 127.0.0.1: then none is needed."
const GIVE_TOKEN = "Send it as Authorization: Bearer <token>, or log in to the console."
const SAME = "Open the console at the address that the runner prints."
const SAY_ORIGIN = "Send Origin with the address that you call, or set a token and send that."

const refuse = (status: Refusal["status"], message: string, remedy: string): Refusal => ({ status, message, remedy })

/** The host and port of an origin; undefined where it is opaque. */
const hostOf = (origin: string): string | undefined => URL.parse(origin)?.host

/** A name or address of this machine, with or without a port. */
export const isLoopback = (host: string): boolean => {
  const name = /^(\[[^\]]*\]|[^:]*)(?::\d{1,5})?$/.exec(host.toLowerCase())?.[1]
  return name === "localhost" || name === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(name ?? "")
}
