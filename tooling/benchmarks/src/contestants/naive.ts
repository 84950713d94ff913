/** What gets written when nobody looks at the cost. */
import { columnList, values } from "../projection.ts"
import type { Contestant, Place } from "./Contestant.ts"
import { nodeProgram } from "./nodeProgram.ts"

const mostRounds = 3

export const rows: Contestant = {
  name: "rows",
  title: "Node, row by row",
  note: "JSONEachRow to objects, and those to INSERTs of 500 rows with parameters, in one transaction.",
  mostRounds,
  command: (place) => nodeProgram("rows", { place }),
}

export const jsonCopy: Contestant = {
  name: "json-copy",
  title: "Node, JSON to COPY",
  note: "JSONEachRow to objects, and those to COPY text, written in JavaScript.",
  mostRounds,
  command: (place) => nodeProgram("jsonCopy", { place }),
}

export const insertFunction: Contestant = {
  name: "insert-function",
  title: "ClickHouse's own INSERT",
  note: "INSERT INTO FUNCTION postgresql(…): ClickHouse connects to Postgres itself. A Node program only waits.",
  mostRounds,
  command: (place) => nodeProgram("insertFunction", { place, statement: insertStatement(place) }),
}

const text = (value: string): string => `'${value.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`

/** It encrypts where the server can, without verifying whom it speaks to. */
const insertStatement = ({ clickHouse, postgres, window }: Place): string => {
  const { database, host, password, port, schema, table, user } = postgres
  const target = [`${host}:${port}`, database, table, user, password, schema].map(text).join(", ")
  return `INSERT INTO FUNCTION postgresql(${target}) (${columnList})
${values({ database: clickHouse.database, ...window })}`
}
