/** Where ClickHouse is, and which of the settings about that contradict each other. Pure. */
import { isIPv4 } from "node:net"

export const urlProblem = (text: string): string | undefined => {
  const url = URL.parse(text)
  if (url === null || !["http:", "https:"].includes(url.protocol)) {
    return "must be an http or https URL, such as https://clickhouse.example.com:8443"
  }
  if (url.username !== "" || url.password !== "")
    return "must not hold a user or a password: write them as keys of their own"
  return url.search === "" && url.hash === "" ? undefined : "must end before any ? or #: other keys take their place"
}

export const isEncrypted = (url: string): boolean => url.startsWith("https:")

/** Whether what is sent stays on this machine. */
export const isLocal = (url: string): boolean => {
  const host = new URL(url).hostname
  return host === "localhost" || host === "[::1]" || (isIPv4(host) && host.startsWith("127."))
}

export interface Addressing {
  readonly url: string
  readonly failover?: ReadonlyArray<string>
  readonly selfSigned: boolean
  readonly rootCertificate?: string
  readonly clientCertificate?: string
  readonly clientKey?: unknown
  readonly clientKeyPassphrase?: unknown
}

interface Problem {
  readonly path: ReadonlyArray<string | number>
  readonly issue: string
}

/** Guessing which of two settings is meant could turn verification off unseen. */
export const addressProblems = (settings: Addressing): ReadonlyArray<Problem> => {
  const found: Array<Problem> = []
  const urls = [settings.url, ...(settings.failover ?? [])]
  // Each of them alone has been looked at.
  if (urls.some((url) => urlProblem(url) !== undefined)) return []
  for (const [index, url] of (settings.failover ?? []).entries()) {
    if (urls.indexOf(url) !== index + 1) found.push({ path: ["failover", index], issue: "is named twice" })
    else if (isEncrypted(url) !== isEncrypted(settings.url))
      found.push({ path: ["failover", index], issue: "must be https like url, or http like it" })
  }
  if (settings.selfSigned && settings.rootCertificate !== undefined) {
    found.push({
      path: ["rootCertificate"],
      issue: "means verified, selfSigned means not verified: keep one of them (rootCertificate is safer)",
    })
  }
  if (!isEncrypted(settings.url)) {
    for (const key of ["rootCertificate", "clientCertificate"] as const) {
      if (settings[key] !== undefined) found.push({ path: [key], issue: "has no meaning without https" })
    }
    if (settings.selfSigned) found.push({ path: ["selfSigned"], issue: "has no meaning without https" })
  }
  if ((settings.clientCertificate === undefined) !== (settings.clientKey === undefined)) {
    found.push(
      settings.clientKey === undefined
        ? { path: ["clientKey"], issue: "is needed with clientCertificate" }
        : { path: ["clientCertificate"], issue: "is needed with clientKey" },
    )
  }
  if (settings.clientKeyPassphrase !== undefined && settings.clientKey === undefined) {
    found.push({ path: ["clientKeyPassphrase"], issue: "has no meaning without clientKey" })
  }
  return found
}
