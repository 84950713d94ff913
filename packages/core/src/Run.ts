/** One execution of an export for one window, and what it counts. */
import type { EncodingName } from "./Encoding.ts"
import type { Model } from "./Model.ts"
import type { Window } from "./Window.ts"

/**
 * `once`: only what the ledger lacks. `force`: again, whatever the ledger says. `fill`: insert only records whose
 * dedupe key is absent. The attempts of one run count as one: what an earlier attempt of it committed is not done again.
 */
export type Mode = "once" | "force" | "fill"

export interface Run {
  /** Unique; kept over the attempts of one run. */
  readonly id: string
  /** The export's name: the ledger's key. */
  readonly export: string
  readonly model: Model
  /** A hash of model, filters and columns: tells whether committed windows were made by the same definition. */
  readonly definition: string
  readonly window: Window
  readonly mode: Mode
  /**
   * True: a window's records are what they are now, or will not change any more, so that an old window may follow a newer one.
   * Otherwise they are what they were in their window, and only versions keep an old window from turning records back.
   */
  readonly endless?: boolean
  /** True after the destination refused a value: the source renders every doubtful value in its safest form. */
  readonly defensive: boolean
  /** The encodings that the source can render. */
  readonly offers: readonly [EncodingName, ...Array<EncodingName>]
}

/** What the source sent: rows, and values that it had to adjust, by field. */
export interface Tally {
  readonly rows: number
  readonly adjusted: Readonly<Record<string, number>>
}

/** What the destination took in. `received` is compared with the source's count; the others say what came of it. */
export interface Stored {
  readonly received: number
  readonly inserted: number
  readonly updated: number
  readonly unchanged: number
}

export const emptyTally: Tally = { rows: 0, adjusted: {} }
export const emptyStored: Stored = { received: 0, inserted: 0, updated: 0, unchanged: 0 }

export const addTally = (a: Tally, b: Tally): Tally => {
  const adjusted: Record<string, number> = { ...a.adjusted }
  for (const [field, count] of Object.entries(b.adjusted)) adjusted[field] = (adjusted[field] ?? 0) + count
  return { rows: a.rows + b.rows, adjusted }
}

export const addStored = (a: Stored, b: Stored): Stored => ({
  received: a.received + b.received,
  inserted: a.inserted + b.inserted,
  updated: a.updated + b.updated,
  unchanged: a.unchanged + b.unchanged,
})
