/** One step of checking a source or a destination: what was tried, what came of it, and what to do when it failed. */
export interface CheckStep {
  /** Stable, kebab-case: `connect`, `tls`, `authenticate`, `schema`, `table` … */
  readonly id: string
  readonly title: string
  readonly status: "passed" | "failed" | "skipped"
  readonly detail?: string
  readonly remedy?: string
  readonly durationMillis: number
}
