/**
 * How records are written as bytes. Names form an open set: core names the three that belong to nobody, the others are
 * named by the destination that ingests them.
 */
export type EncodingName = "jsonl" | "csv" | "parquet" | (string & {})

/** The floor that every source offers. Its rules are in docs/encodings.md. */
export const jsonl = "jsonl"

/** The first of the destination's encodings, in its order of preference, that the source offers. */
export const choose = (
  preferred: ReadonlyArray<EncodingName>,
  offered: ReadonlyArray<EncodingName>,
): EncodingName | undefined => preferred.find((name) => offered.includes(name))
