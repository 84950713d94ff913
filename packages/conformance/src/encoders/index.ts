/**
 * Reference encoders: how the suite writes the bytes that a source would send. They are compared with bytes that ClickHouse
 * wrote (golden/), so a destination that is tested with them needs no ClickHouse.
 */
import { csv } from "./csv.ts"
import type { Codec } from "./Encoder.ts"
import { jsonl } from "./jsonl.ts"
import { postgresCopyBinary } from "./postgresCopyBinary.ts"
import { postgresCopyText } from "./postgresCopyText.ts"

export { type Codec, type Encoder, Malformed, NoForm } from "./Encoder.ts"
export { readBack } from "./readBack.ts"
export { render, type Rendered, Unfit } from "./render.ts"
export type { Row, Value } from "./Value.ts"
export { csv, jsonl, postgresCopyBinary, postgresCopyText }

export const encoders: Readonly<Record<string, Codec>> = Object.fromEntries(
  [jsonl, csv, postgresCopyText, postgresCopyBinary].map((codec) => [codec.name, codec]),
)
