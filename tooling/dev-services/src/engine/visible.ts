/**
 * The embedded engine chooses the ids of its queries itself. The id that the client chose goes with the query as its
 * `log_comment`, and statements that ask for ids are made to look there.
 */
import type { Statement } from "./statement.ts"
import { isWord, quote } from "./tokens.ts"

export const idSetting = "log_comment"
const id = `Settings['${idSetting}']`

export const withClientIds = (statement: Statement): string => {
  const { sql, tokens } = statement
  const edits: Array<{ readonly start: number; readonly end: number; readonly text: string }> = []
  for (const [i, token] of tokens.entries()) {
    if (statement.verb === "kill" && isWord(token, "QUERY_ID"))
      edits.push({ start: token.start, end: token.end, text: id })
    const [dot, table] = [tokens[i + 1], tokens[i + 2]]
    if (isWord(token, "SYSTEM") && dot?.text === "." && table !== undefined && isWord(table, "PROCESSES"))
      edits.push({
        start: token.start,
        end: table.end,
        text: `(SELECT * REPLACE (${id} AS query_id) FROM system.processes)`,
      })
  }
  return edits.reduceRight((text, edit) => text.slice(0, edit.start) + edit.text + text.slice(edit.end), sql)
}

export const killStatement = (queryId: string): string => `KILL QUERY WHERE ${id} = ${quote(queryId)} ASYNC`
