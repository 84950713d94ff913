/** The fields of a model's records, in order. */
import type { FieldType } from "./FieldType.ts"

export interface Field {
  readonly name: string
  readonly type: FieldType
  readonly nullable: boolean
  readonly description: string
  /** True: a new target gets this field. False: it is only filled where the user's target already has it. */
  readonly created: boolean
}

export interface RecordSchema {
  readonly fields: readonly [Field, ...Array<Field>]
}

export const make = (...fields: readonly [Field, ...Array<Field>]): RecordSchema => ({ fields })

export const find = (schema: RecordSchema, name: string): Field | undefined =>
  schema.fields.find((field) => field.name === name)
