/**
 * A value on its way from a model to an encoding: SQL of one ClickHouse type per field type, so that neither side knows the
 * other. Canonical types: Bool → Bool, Int → IntN, Float → FloatN, Decimal → Decimal, Text, Json, Inet → String (valid UTF-8,
 * no NUL; Json never empty), Uuid → UUID, Bytes → String, Date → Date32, Timestamp → DateTime64(digits, 'UTC'),
 * List → Array of them.
 */
import type { FieldType } from "@batch-exports/core"

export interface Value {
  readonly type: FieldType.FieldType
  readonly sql: string
  /** Whether there may be NULLs: the SQL's type is Nullable, unless `emptyIsNull`. */
  readonly nullable: boolean
  /** Of Json: '' stands for NULL, and the SQL's type is String. Documents are long, and making them Nullable copies them. */
  readonly emptyIsNull?: true
  /** SQL, true where the stored value differs from the source's; absent where it never does. */
  readonly adjusted?: string
}

/** The same value with NULLs of its own. */
export const withNulls = ({ emptyIsNull, ...value }: Value): Value =>
  emptyIsNull === true ? { ...value, sql: `nullIf(${value.sql}, '')` } : value
