/** Who may pass the door of the API and the console, in every combination that matters. */
import { assert, describe, it } from "@effect/vitest"
import { Allowance } from "../../src/http/security/Allowance.ts"
import { isApi, isLoopback, judge, type Protection, type Request } from "../../src/http/security/judge.ts"

const open: Protection = { token: false, loopback: true }
const locked: Protection = { token: true, loopback: false }
const exposed: Protection = { token: false, loopback: false }

const request = (changes: Partial<Request> = {}): Request => ({
  method: "GET",
  path: "/api/exports",
  host: "localhost:9464",
  origin: undefined,
  fetchSite: undefined,
  credential: "none",
  ...changes,
})

const post = (changes: Partial<Request> = {}) => request({ method: "POST", ...changes })
const own = { origin: "http://localhost:9464" }

describe("judge", () => {
  it.each<[string, Request, Protection, number | undefined]>([
    ["loopback, reading", request(), open, undefined],
    ["loopback, by address", request({ host: "127.0.0.1:9464" }), open, undefined],
    ["loopback, by another name: a name that was bent", request({ host: "evil.example:9464" }), open, 403],
    ["loopback, by a name that begins like it", request({ host: "localhost.evil.example" }), open, 403],
    ["loopback, by no name", request({ host: undefined }), open, 403],
    ["figures by a name that was bent", request({ path: "/metrics", host: "evil.example" }), open, 403],
    ["reading from another site", request({ origin: "http://evil.example" }), open, 403],
    ["reading from another port", request({ origin: "http://localhost:1" }), open, 403],
    ["reading with the browser's word for another site", request({ fetchSite: "cross-site" }), open, 403],
    ["a link to the console", request({ path: "/destinations/x", fetchSite: "cross-site" }), open, undefined],
    ["writing, saying nothing", post(), open, 403],
    ["writing from the page", post(own), open, undefined],
    ["writing from the page, by the browser's word", post({ fetchSite: "same-origin" }), open, undefined],
    ["writing from a sandbox", post({ origin: "null" }), open, 403],
    ["writing from another site", post({ origin: "http://evil.example" }), open, 403],
    ["writing from another site to any path", post({ path: "/", origin: "http://evil.example" }), open, 403],
    ["another method", request({ method: "DELETE" }), open, 403],
    ["a method that nobody knows", request({ method: "PROPFIND" }), open, 403],
    ["not loopback, no token", request(), exposed, 403],
    ["not loopback, no token, the page", request({ path: "/" }), exposed, 403],
    ["not loopback, no token, from the page", post(own), exposed, 403],
    ["not loopback, no token, health", request({ path: "/healthz" }), exposed, undefined],
    ["not loopback, no token, writing to health", post({ path: "/healthz" }), exposed, 403],
    ["a token is set, and missing", request(), locked, 401],
    ["a token is set, and wrong", request({ credential: "wrong" }), locked, 401],
    ["wrong, for the page", request({ path: "/", credential: "wrong" }), locked, 401],
    ["the token", request({ credential: "token" }), locked, undefined],
    ["the token, writing, saying nothing", post({ credential: "token" }), locked, undefined],
    ["the token, from another site", post({ credential: "token", origin: "http://evil.example" }), locked, 403],
    ["a session", request({ credential: "session" }), locked, undefined],
    ["a session, writing, saying nothing", post({ credential: "session" }), locked, 403],
    ["a session, from the page", post({ credential: "session", ...own }), locked, undefined],
    [
      "a session behind a proxy",
      post({ credential: "session", host: "x.example", origin: "https://x.example" }),
      locked,
      undefined,
    ],
    ["the page, to log in", request({ path: "/" }), locked, undefined],
    ["an asset of it", request({ path: "/assets/index.js" }), locked, undefined],
    ["whether to log in", request({ path: "/api/session" }), locked, undefined],
    ["logging in from the page", post({ path: "/api/session", ...own }), locked, undefined],
    ["logging in, saying nothing", post({ path: "/api/session" }), locked, 403],
    ["logging out, without a session", request({ method: "DELETE", path: "/api/session", ...own }), locked, 401],
    ["what is served", request({ path: "/api/openapi.json" }), locked, 401],
    ["the API in other letters", request({ path: "/%61pi/exports" }), locked, 401],
    ["the API behind slashes", request({ path: "///api/exports" }), locked, 401],
    ["the API in capitals", request({ path: "/API/exports" }), locked, 401],
    ["figures", request({ path: "/metrics" }), locked, undefined],
  ])("%s", (_, asked, protection, status) => {
    assert.strictEqual(judge(asked, protection)?.status, status)
  })

  it("takes whatever is not the page for the API", () => {
    assert.deepStrictEqual(
      ["/", "", "/assets/a", "/destinations", "//assets/a", "/favicon.svg"].map(isApi),
      Array.from({ length: 6 }, () => false),
    )
    assert.deepStrictEqual(
      ["/api", "/x", "/./api", "/assets%2f..%2fapi", "/%2e"].map(isApi),
      Array.from({ length: 5 }, () => true),
    )
  })

  it("knows this machine by its names", () => {
    for (const host of ["localhost", "LOCALHOST:1", "127.0.0.1", "127.9.9.9:65535", "[::1]", "[::1]:80"])
      assert.isTrue(isLoopback(host), host)
    for (const host of [
      "",
      "127.0.0.1.evil.example",
      "evil.example:127",
      "[::2]",
      "0.0.0.0",
      "localhost:1:2",
      "1270.0.0.1",
    ])
      assert.isFalse(isLoopback(host), host)
  })
})

describe("an allowance", () => {
  it("is used up by one address, not by others, and comes back with time", () => {
    const allowance = new Allowance({ burst: 2, perSecond: 1 })
    assert.deepStrictEqual(
      [1, 2, 3].map(() => allowance.take("a", 0)),
      [true, true, false],
    )
    assert.isTrue(allowance.take("b", 0))
    assert.isFalse(allowance.take("a", 999))
    assert.deepStrictEqual(
      [1, 2, 3].map(() => allowance.take("a", 2_500)),
      [true, true, false],
    )
    // A clock that was put back gives nothing away.
    assert.isFalse(allowance.take("a", 0))
  })

  it("forgets the oldest addresses, not all memory", () => {
    const allowance = new Allowance({ burst: 1, perSecond: 0 })
    for (let address = 0; address <= 10_000; address++) allowance.take(String(address), 0)
    assert.isFalse(allowance.take("10000", 0))
    assert.isTrue(allowance.take("0", 0))
  })
})
