/** The settings of an object: those that come first, and the others behind a fold. */
import type { FieldProblem } from "../api/types.ts"
import { Field } from "./Field.tsx"
import { escape, inOrder, type JsonSchema, kindOf, set, type Values } from "./schema.ts"

interface Props {
  readonly schema: JsonSchema
  readonly values: Values
  readonly onChange: (values: Values) => void
  readonly pointer: string
  readonly problems: ReadonlyArray<FieldProblem>
  readonly stored: ReadonlyArray<string>
  /** Asked for first, in this order; all when there is none. */
  readonly first?: ReadonlyArray<string>
}

export const Fields = ({ first, onChange, pointer, problems, schema, stored, values }: Props) => {
  const order = inOrder(
    schema,
    first === undefined || first.length === 0 ? Object.keys(schema.properties ?? {}) : first,
  )
  const isWrong = order.further.some((key) =>
    problems.some((problem) => problem.pointer.startsWith(`${pointer}/${escape(key)}`)),
  )
  // What comes first is what is needed, unless it has a preset.
  const needed = (key: string): boolean => {
    const property = schema.properties?.[key]
    if (schema.required?.includes(key) === true) return property !== undefined && property.default === undefined
    return first?.includes(key) === true && property?.default === undefined
  }
  const field = (key: string) => {
    const property = schema.properties?.[key]
    return property === undefined || kindOf(property) === "constant" ? null : (
      <Field
        key={key}
        name={key}
        schema={property}
        value={values[key]}
        onChange={(value) => onChange(set(values, key, value))}
        required={needed(key)}
        pointer={`${pointer}/${escape(key)}`}
        problems={problems}
        stored={stored}
      />
    )
  }
  return (
    <div class="stack">
      <div class="fields">{order.shown.map(field)}</div>
      {order.further.length === 0 ? null : (
        <details open={isWrong}>
          <summary>More settings</summary>
          <div class="fields">{order.further.map(field)}</div>
        </details>
      )}
    </div>
  )
}
