/** The encodings that this source writes, in no order of preference: the destination chooses. */
import type { Encoding } from "@batch-exports/core"
import { csv } from "./csv.ts"
import * as Parquet from "./parquet.ts"
import { jsonl } from "./jsonl.ts"
import { postgresCopyBinary } from "./postgresCopyBinary.ts"
import { postgresCopyText } from "./postgresCopyText.ts"
import type { RowEncoding } from "./RowEncoding.ts"

const all = [jsonl, csv, postgresCopyBinary, postgresCopyText] as const

export const names: readonly [Encoding.EncodingName, ...Array<Encoding.EncodingName>] = [
  jsonl.name,
  csv.name,
  Parquet.name,
  postgresCopyBinary.name,
  postgresCopyText.name,
]

/** Undefined for those that are no rows one after the other. */
export const find = (name: Encoding.EncodingName): RowEncoding | undefined => all.find((known) => known.name === name)
