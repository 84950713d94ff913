/** The slow reference encoders: how the suite writes the bytes that a source would send. */
import type { Projection } from "@batch-exports/core"
import * as jsonl from "./jsonl.ts"
import type { Row } from "./Value.ts"

export interface Encoder {
  /** All rows, in the projection's order. Cutting into chunks is the suite's. */
  readonly encode: (projection: Projection.Projection, rows: Iterable<Row>) => Uint8Array
}

export const encoders: Readonly<Record<string, Encoder>> = { jsonl }

export type { Row, Value } from "./Value.ts"
