/** How laws compare rows: what counts as the same, and what is said when they differ. */
import { FieldType, type RecordSchema } from "@batch-exports/core"
import { assert, describe, it } from "@effect/vitest"
import type { Row } from "../src/encoders/index.ts"
import { difference } from "../src/difference.ts"

const field = (name: string, type: FieldType.FieldType): RecordSchema.Field => ({
  name,
  type,
  nullable: true,
  description: "",
  created: true,
})
const fields = [field("id", FieldType.int64), field("label", FieldType.text())]
const row = (id: bigint, label: string | null): Row => ({ id, label })

describe("difference", () => {
  it("is none between the same rows in another order", () => {
    assert.isUndefined(difference(fields, [row(1n, "a"), row(2n, null)], [row(2n, null), row(1n, "a")]))
  })

  it.each<{ what: string; seen: ReadonlyArray<Row>; says: string }>([
    { what: "a missing row", seen: [row(1n, "a")], says: "1 row; 1 missing, such as { id: 2, label: NULL }" },
    {
      what: "a row twice",
      seen: [row(1n, "a"), row(1n, "a"), row(2n, null)],
      says: '1 not expected, such as { id: 1, label: "a" }',
    },
    {
      what: "an empty text for a null",
      seen: [row(1n, "a"), row(2n, "")],
      says: '1 not expected, such as { id: 2, label: "" }',
    },
  ])("tells $what", ({ says, seen }) => {
    assert.include(difference(fields, [row(1n, "a"), row(2n, null)], seen), says)
  })
})
