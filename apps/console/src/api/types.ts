/** The shapes of the API, from where they are defined. Types only: nothing of the runner is in the page. */
export type {
  Backfill,
  CheckMessage,
  DestinationKind,
  Estimate,
  Export,
  ExportSummary,
  LogLine,
  Metrics,
  Model,
  Plan,
  Run,
  Session,
  SourceKind,
} from "../../../runner/src/http/api/shapes.ts"

export interface Page<A> {
  readonly items: ReadonlyArray<A>
  readonly next: string | null
}

export interface FieldProblem {
  readonly pointer: string
  readonly message: string
}
