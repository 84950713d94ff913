/** How the slow reference encoders take values in: one JavaScript value per field type, none of which loses anything. */

/**
 * Bool → boolean; Int → bigint; Float → number; Decimal, Text, Uuid, Inet → string; Json → its JSON text; Bytes →
 * Uint8Array; Date → `2026-01-31`; Timestamp → `2026-01-31T13:00:00.123456Z`; List → array.
 */
export type Value = null | boolean | bigint | number | string | Uint8Array | ReadonlyArray<Value>

export type Row = Readonly<Record<string, Value>>

export const isList = (value: Value): value is ReadonlyArray<Value> => Array.isArray(value)
