/** Types to try: every kind, in each of its sizes, and lists of them. */
import { FieldType } from "@batch-exports/core"

const { bool, bytes, date, decimal, float32, float64, inet, int16, int32, int64, json, list, text, timestamp, uuid } =
  FieldType

const scalars: ReadonlyArray<FieldType.FieldType> = [
  bool,
  int16,
  int32,
  int64,
  float32,
  float64,
  decimal(10, 2),
  decimal(20, 0),
  decimal(38, 38 - 1),
  decimal(76, 20),
  text(),
  text(1),
  text(200),
  json,
  uuid,
  bytes,
  date,
  timestamp(0),
  timestamp(3),
  timestamp(6),
  timestamp(9),
  inet,
]

export const every: ReadonlyArray<FieldType.FieldType> = [...scalars, ...scalars.map((type) => list(type))]

/** A type and, for lists, what they are lists of. */
export const tagsOf = (type: FieldType.FieldType): ReadonlyArray<FieldType.Tag> =>
  type._tag === "List" ? [type._tag, ...tagsOf(type.of)] : [type._tag]

/** Those of them that are made of the given kinds alone. */
export const within = (tags: ReadonlyArray<FieldType.Tag>): ReadonlyArray<FieldType.FieldType> =>
  every.filter((type) => tagsOf(type).every((tag) => tags.includes(tag)))
