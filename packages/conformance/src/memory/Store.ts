/** What outlives a run in the memory destination: tables, their rows, the ledger, and which runs hold which windows. */
import type { Destination, Model, Projection, Run, Window } from "@batch-exports/core"
import type { Row } from "../encoders/index.ts"
import type { TableColumn } from "../Harness.ts"

export interface Table {
  readonly columns: Array<TableColumn>
  rows: Array<Row>
  readonly adornments: Array<string>
}

export interface Store {
  readonly tables: Map<string, Table>
  ledger: Array<Entry>
  /** Runs that hold their windows at the moment. */
  readonly holders: Set<Attempt>
  /** Names of what runs have set aside. */
  readonly aside: Set<string>
}

export interface Entry extends Destination.LedgerRow {
  readonly table: string
  readonly attempt: string
}

/** A run that has begun to write. */
export interface Attempt {
  readonly id: string
  readonly run: Pick<Run.Run, "id" | "export" | "definition" | "mode" | "window">
  readonly identity: Model.Identity
  readonly table: string
  readonly projection: Projection.Projection
  readonly windows: ReadonlyArray<Window.Window>
  readonly parts: Array<Part>
  state: "open" | "committed" | "gone"
}

export interface Part {
  readonly window: Window.Window
  readonly rows: ReadonlyArray<Row>
  readonly bytes: number
}

export const make = (): Store => ({ tables: new Map(), ledger: [], holders: new Set(), aside: new Set() })

export const tableKey = (schema: string, table: string): string => JSON.stringify([schema, table])
