/** The whole table of errors as data: what the documentation prints, and what the tests walk. */
import { Reason } from "@batch-exports/core"
import { networkCodes, serverCodes } from "./codes.ts"
import { elsewhere, type Meaning } from "./meanings.ts"

export interface Entry {
  readonly code: string
  /** What ClickHouse calls it, or what is said of the server. */
  readonly name: string
  readonly reason: Reason.Reason
  readonly recovery: Reason.Recovery
  readonly remedy: string
}

export interface Table {
  readonly codes: ReadonlyArray<Entry>
  /** Names of those that reading does not meet, as a rule; they stop. */
  readonly elsewhere: ReadonlyArray<string>
  /** Of the network and of TLS. */
  readonly network: ReadonlyArray<Entry>
}

const entry = (code: string, name: string, { reason, remedy }: Meaning): Entry => ({
  code,
  name,
  reason,
  recovery: Reason.recovery(reason),
  remedy,
})

export const table = (): Table => {
  const known = Object.entries(serverCodes)
  const isElsewhere = ({ says }: Meaning) => says === elsewhere.says
  return {
    codes: known
      .filter(([, meaning]) => !isElsewhere(meaning))
      .map(([code, meaning]) => entry(code, meaning.name, meaning))
      .sort((a, b) => Number(a.code) - Number(b.code)),
    elsewhere: known.filter(([, meaning]) => isElsewhere(meaning)).map(([code, { name }]) => `${code} ${name}`),
    network: Object.entries(networkCodes).map(([code, meaning]) => entry(code, meaning.says, meaning)),
  }
}
