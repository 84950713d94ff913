/** For harnesses of targets that keep the bytes as they came: the rows in them. */
import { Projection, type RecordSchema } from "@batch-exports/core"
import type { Codec } from "./Encoder.ts"
import type { Row } from "./Value.ts"

/** Throws a `Malformed` where the bytes are not these fields in this encoding. */
export const readBack = (
  codec: Codec,
  fields: ReadonlyArray<RecordSchema.Field>,
  bytes: Uint8Array,
): ReadonlyArray<Row> => {
  const [first, ...others] = fields
  if (first === undefined) throw new Error("there are no fields to read")
  const schema: RecordSchema.RecordSchema = { fields: [first, ...others] }
  const model = { name: "", description: "", schema, identity: { _tag: "Append" as const } }
  return codec.decode(Projection.asIs(codec.name, model), bytes)
}
