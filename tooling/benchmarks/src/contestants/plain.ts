/** ClickHouse's answer poured straight into COPY: no count, no check, no ledger, no care for odd values. */
import { binaryHeader, binaryTrailer, columnList, tuples, values } from "../projection.ts"
import type { Contestant, Place } from "./Contestant.ts"
import { pipeCommand, shellNote } from "./shell.ts"

const source = ({ clickHouse, window }: Place) => ({ database: clickHouse.database, ...window })

const into = ({ schema, table }: Place["postgres"]): string => `COPY ${schema}.${table} (${columnList}) FROM STDIN`

/** Also what tells how many bytes the window has. */
export const textQuery = (place: Pick<Place, "clickHouse" | "window">): string =>
  `${values({ database: place.clickHouse.database, ...place.window })} FORMAT TabSeparated`

export const plainText = (shell: boolean): Contestant => ({
  name: "plain-text",
  title: "plain pipe, text",
  note: `${shellNote(shell)}: a hand-written SELECT as TSV into COPY. Takes what comes, and checks nothing.`,
  command: (place) =>
    pipeCommand(shell, place, {
      query: textQuery(place),
      copy: into(place.postgres),
      header: new Uint8Array(),
      trailer: new Uint8Array(),
    }),
})

export const plainBinary = (shell: boolean): Contestant => ({
  name: "plain-binary",
  title: "plain pipe, binary",
  note: `${shellNote(shell)}: the same rows, as COPY BINARY tuples that ClickHouse writes itself. Takes what comes, and checks nothing.`,
  command: (place) =>
    pipeCommand(shell, place, {
      query: `${tuples(source(place))} FORMAT RawBLOB`,
      copy: `${into(place.postgres)} (FORMAT binary)`,
      header: binaryHeader,
      trailer: binaryTrailer,
    }),
})
