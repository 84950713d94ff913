/** An export's `subWindows:` and `atomicRun:`: how much one transaction may carry before a run is cut. Decoded without I/O. */
import type { Source } from "@batch-exports/core"
import { Schema } from "effect"
import { positive } from "./positive.ts"

const standard = { rows: 2_000_000, bytes: 2_000_000_000, parallel: 1 }

export const Block = Schema.Struct({
  rows: positive("Rows", "A run of more records than this is cut.", standard.rows),
  bytes: positive("Bytes", "A run of more bytes than this, as the source keeps them, is cut.", standard.bytes),
  parallel: positive("Parallel", "How many sub-windows of a run may be under way at once.", standard.parallel),
}).annotate({
  title: "Sub-windows",
  description: "When a run is cut into sub-windows, each with a transaction and a ledger row of its own.",
})

export const AtomicRun = Schema.Boolean.annotate({
  title: "Atomic run",
  description: "Never cut a run: one transaction, however large it is.",
  default: false,
})

export interface SubWindows extends Source.Estimate {
  readonly parallel: number
}

/** Undefined: runs are never cut. */
export const make = (block: typeof Block.Type | undefined, atomicRun: boolean | undefined): SubWindows | undefined =>
  atomicRun === true ? undefined : { ...standard, ...block }
