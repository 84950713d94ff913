/**
 * The rows of a window with the copies of one record collapsed into the newest, in one statement. Sorting all rows to find the
 * newest costs more than reading them, so only those whose `hint` occurs more than once are sorted.
 */
export interface Collapse {
  readonly table: string
  readonly where: string
  readonly columns: ReadonlyArray<string>
  /** A narrow column that copies share. */
  readonly hint: string
  readonly key: ReadonlyArray<string>
  /** From the newest. */
  readonly order: string
}

export const collapsed = ({ columns, hint, key, order, table, where }: Collapse): string => {
  // A scalar, because ClickHouse computes equal scalars once: both branches divide the rows by the same list. Two subqueries
  // may see the table at two moments, and a record merged in between would be in neither branch.
  const list = `(SELECT groupArray(${hint}) FROM (SELECT ${hint} FROM ${table} WHERE ${where} GROUP BY ${hint} HAVING count() > 1))`
  // A set, because `IN` over an array constant compares with each element in turn.
  const repeated = `(SELECT arrayJoin(${list}))`
  const wanted = columns.join(", ")
  const sorted = [...new Set([...columns, ...key])].join(", ")
  return `(
  SELECT ${wanted} FROM ${table} WHERE ${where} AND ${hint} NOT IN ${repeated}
  UNION ALL
  SELECT ${wanted} FROM (
    SELECT ${sorted} FROM ${table} WHERE ${where} AND ${hint} IN ${repeated}
    ORDER BY ${order} LIMIT 1 BY ${key.join(", ")}
  )
)`
}
