/**
 * A member of a document as a value of a type of its own. What is there and has no form in that type is NULL, and counts as
 * adjusted; nothing is rounded in silence.
 */
import { FieldType } from "@batch-exports/core"
import { all, bind, literal } from "../sql/text.ts"
import type { Path } from "./members.ts"
import type { Storable } from "./storable.ts"
import type { Value } from "./Value.ts"

export interface Member {
  readonly path: Path
  readonly type: MemberType
}

/** The types that a member can be read as. */
export type MemberType = Extract<
  FieldType.FieldType,
  { readonly _tag: "Bool" | "Int" | "Float" | "Decimal" | "Text" | "Json" }
>

/** Text is read as such, everything else out of the exact JSON. */
export const reads = ({ path, type }: Member) => ({ path, as: type._tag === "Text" ? "text" : "json" }) as const

export const memberValue = (made: Storable, column: string, { path, type }: Member): Value => {
  switch (type._tag) {
    case "Json":
      return made.memberJson(column, path)
    case "Text":
      return made.memberText(column, path)
    case "Bool":
      return scalar(made.memberJson(column, path).sql, type, truth)
    case "Int":
      return scalar(made.memberJson(column, path).sql, type, whole)
    case "Float":
      return scalar(made.memberJson(column, path).sql, type, (text) => `if(${isNumber(text)}, ${finite(text)}, NULL)`)
    case "Decimal":
      return decimal(made.memberJson(column, path).sql, type)
    default:
      return type satisfies never
  }
}

/** A string stands for what is in it, since many clients send numbers as strings. No number and no truth value has escapes. */
const content = (json: string) => `if(startsWith(${json}, '"'), substring(${json}, 2, length(${json}) - 2), ${json})`

const scalar = (json: string, type: FieldType.FieldType, read: (text: string) => string): Value => {
  const sql = bind("t", content(json), read("t"))
  return { type, sql, nullable: true, adjusted: all(`${json} != ''`, `isNull(${sql})`) }
}

const truth = (text: string) => `multiIf(${text} = 'true', true, ${text} = 'false', false, NULL)`

const number = String.raw`^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$`
const isNumber = (text: string) => `match(${text}, ${literal(number)})`

/** Too large a number would be infinite. */
const finite = (text: string) => bind("f", `toFloat64OrNull(${text})`, "if(isFinite(f), f, NULL)")

const wholeNumber = String.raw`^-?(?:0|[1-9][0-9]*)(?:\.0+)?$`
/** So few digits that a double holds each of them. */
const shortNumber = String.raw`^-?(?:[0-9]\.?){1,15}[eE][+-]?[0-9]{1,2}$`

/** Whole numbers, however they are written: 5, 5.0, 5e3. Past 64 bits there is none. */
const whole = (text: string) =>
  `multiIf(match(${text}, ${literal(wholeNumber)}), toInt64OrNull(extract(${text}, '^-?[0-9]+')), ${all(isNumber(text), `match(${text}, ${literal(shortNumber)})`)}, ${bind("f", `toFloat64OrNull(${text})`, "if(abs(f) < 1e15 AND f = trunc(f), accurateCastOrNull(f, 'Int64'), NULL)")}, NULL)`

/** The widest decimal of ClickHouse's. */
const widest = 76

/** Digits past the scale round to the nearest. That counts as adjusted, as does what has too many digits before the point. */
const decimal = (json: string, type: Extract<MemberType, { readonly _tag: "Decimal" }>): Value => {
  const before = type.precision - type.scale
  const parsed = `if(${isNumber("t")}, toDecimal256OrNull(t, ${widest - before}), NULL)`
  const limit = `toDecimal256(${literal(`1${"0".repeat(before)}`)}, 0)`
  const rounded = bind("r", `toDecimal256(round(d, ${type.scale}), ${type.scale})`, `if(abs(r) < ${limit}, r, NULL)`)
  const sql = bind("t", content(json), bind("d", parsed, rounded))
  // Digits that not even the widest has room for are lost before the rounding.
  const isTooLong = all("d = 0", "match(t, '^[-0.]*[1-9]')")
  const isRounded = bind("r", rounded, `(isNull(r) OR r != d OR ${isTooLong} OR length(t) > ${widest})`)
  return {
    type,
    sql,
    nullable: true,
    adjusted: all(`${json} != ''`, bind("t", content(json), bind("d", parsed, isRounded))),
  }
}
