/** The header X-ClickHouse-Summary. The embedded engine does not say how much it read. */
const zero = { read_rows: 0, read_bytes: 0, written_rows: 0, written_bytes: 0, total_rows_to_read: 0 }

export interface Counts {
  readonly written_rows?: number
  readonly written_bytes?: number
  readonly result_rows?: number
  readonly result_bytes?: number
}

export const summary = (started: bigint, counts: Counts): string =>
  JSON.stringify(
    { ...zero, result_rows: 0, result_bytes: 0, ...counts, elapsed_ns: process.hrtime.bigint() - started },
    (_, value: unknown) => (typeof value === "number" || typeof value === "bigint" ? String(value) : value),
  )
