/** The export itself, as the runner does it: exactly once, every value made safe, both sides' counts compared, a ledger. */
import { PostgresDestination } from "@batch-exports/postgres-destination"
import { TEAM } from "../projection.ts"
import type { Contestant, Name, Place } from "./Contestant.ts"
import { nodeProgram } from "./nodeProgram.ts"

/** What the child process is told. */
export interface Task {
  /** The content of a configuration file, with one export. */
  readonly configuration: unknown
  readonly windows: ReadonlyArray<string>
  readonly encoding: string | undefined
}

export const EXPORT = "events"

type Format = "text" | "binary"

const encodings = PostgresDestination.capabilities.encodings
const canBinary = encodings.includes("postgres-copy-binary")

/** Undefined: the destination's own choice. Where it knows one format only, it has no setting for it either. */
const task = (place: Place, parts: number, format: Format | undefined): Task => {
  const { clickHouse, postgres, window } = place
  const { tls, ...login } = postgres
  return {
    configuration: {
      sources: { it: { type: "clickhouse", ...clickHouse } },
      destinations: {
        it: {
          type: "postgres",
          ...login,
          ...(tls === undefined ? { sslmode: "disable" } : { rootCertificate: tls.ca }),
          ...(format === undefined || !canBinary ? {} : { copyFormat: format }),
        },
      },
      exports: { [EXPORT]: { model: { name: "events", teamId: TEAM }, destination: "it" } },
    },
    windows: split(window, parts),
    encoding: format === undefined ? undefined : `postgres-copy-${format}`,
  }
}

/** Equal parts, each a window of its own to the ledger. */
export const split = ({ end, start }: Place["window"], parts: number): ReadonlyArray<string> => {
  const [from, to] = [Date.parse(start), Date.parse(end)]
  const edge = (index: number) => new Date(from + Math.round(((to - from) * index) / parts)).toISOString()
  return Array.from({ length: parts }, (_, index) => `${edge(index)}/${edge(index + 1)}`)
}

const ours = (name: Name, title: string, note: string, parts: number, format: Format | undefined): Contestant => ({
  name,
  title,
  note,
  ...(format === "binary" && !canBinary ? { unavailable: "this destination takes no postgres-copy-binary" } : {}),
  command: (place) => nodeProgram("ours", task(place, parts, format)),
})

export const oursText = ours(
  "ours-text",
  "ours, text",
  "The export with copyFormat text: values made safe, counts compared, ledger, one transaction.",
  1,
  "text",
)

export const oursBinary = ours(
  "ours-binary",
  "ours, binary",
  "The export with copyFormat binary: values made safe, counts compared, ledger, one transaction.",
  1,
  "binary",
)

export const oursParallel = ours(
  "ours-parallel",
  "ours, two halves",
  `The export of two halves of the window at once, each on a connection and in a transaction of its own (${canBinary ? "binary" : "text"}).`,
  2,
  undefined,
)
