/** `curl | psql`: the least that can be done. Where one of the two is missing, a small Node program is the pipe. */
import { spawnSync } from "node:child_process"
import type { Command, Place, Said } from "./Contestant.ts"
import { nodeProgram } from "./nodeProgram.ts"

export interface Pipe {
  readonly query: string
  readonly copy: string
  readonly header: Uint8Array
  readonly trailer: Uint8Array
}

const runs = (program: string): boolean => spawnSync(program, ["--version"], { stdio: "ignore" }).status === 0

export const hasShellTools = (): boolean => runs("curl") && runs("psql")

export const shellNote = (shell: boolean): string =>
  shell ? "curl | psql" : "a minimal Node pipe, since curl or psql is not on the PATH"

export const pipeCommand = (shell: boolean, place: Place, pipe: Pipe): Command =>
  shell ? shellCommand(place, pipe) : nodePipe(place, pipe)

export const shellCommand = (place: Place, { copy, header, query, trailer }: Pipe): Command => ({
  program: "sh",
  args: [
    "-c",
    `{ ${printf(header)}curl --config - ; ${printf(trailer)}} | psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --command ${quote(copy)}`,
  ],
  env: psqlEnvironment(place.postgres),
  stdin: curlConfig(place.clickHouse, query),
  read: readCurl,
})

const nodePipe = (place: Place, { copy, header, query, trailer }: Pipe): Command =>
  nodeProgram("pipe", {
    place,
    query,
    copy,
    header: Buffer.from(header).toString("hex"),
    trailer: Buffer.from(trailer).toString("hex"),
  })

/** Octal escapes are the only ones that every shell's printf knows. */
const printf = (bytes: Uint8Array): string =>
  bytes.length === 0
    ? ""
    : `printf '${Array.from(bytes, (byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("")}'; `

const quote = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`

/** https://curl.se/docs/manpage.html#-K: in quotes, a backslash escapes a quote, a backslash and line breaks. */
const curlConfig = ({ password, url, user }: Place["clickHouse"], query: string): string => {
  const quoted = (text: string) =>
    `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n").replaceAll("\r", "\\r")}"`
  return [
    `url = ${quoted(url)}`,
    `user = ${quoted(`${user}:${password}`)}`,
    `data-binary = ${quoted(query)}`,
    "silent",
    "show-error",
    "fail",
    `write-out = "%{stderr}received %{size_download}"`,
    "",
  ].join("\n")
}

const psqlEnvironment = ({ database, host, password, port, tls, user }: Place["postgres"]) => ({
  PGHOST: host,
  PGPORT: String(port),
  PGDATABASE: database,
  PGUSER: user,
  PGPASSWORD: password,
  PGTZ: "UTC",
  PGSSLMODE: tls === undefined ? "disable" : "verify-full",
  PGGSSENCMODE: "disable",
  ...(tls === undefined ? {} : { PGSSLROOTCERT: tls.caFile }),
})

/** The pipe's exit code is psql's alone, so curl's failure is known by what it did not say. */
const readCurl = ({ stderr }: { readonly stderr: string }): Said => {
  const match = /^(?<before>[\s\S]*)received (?<bytes>\d+)\s*$/.exec(stderr)
  if (match?.groups === undefined || match.groups["before"]?.includes("curl:") === true) throw new Error(stderr.trim())
  return { bytes: Number(match.groups["bytes"]), startUp: undefined, encoding: undefined }
}
