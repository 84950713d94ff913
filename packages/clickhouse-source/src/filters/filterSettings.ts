/** What an export may say about the records that it wants. */
import { Schema } from "effect"

const operators = [
  "exact",
  "is_not",
  "in",
  "not_in",
  "contains",
  "not_contains",
  "icontains",
  "not_icontains",
  "regex",
  "not_regex",
  "gt",
  "gte",
  "lt",
  "lte",
  "is_set",
  "is_not_set",
] as const

const Scalar = Schema.Union([Schema.String, Schema.Finite, Schema.Boolean])

const numeric = new Set<string>(["gt", "gte", "lt", "lte"])
const several = new Set<string>(["exact", "is_not", "in", "not_in"])
const alone = new Set<string>(["is_set", "is_not_set"])

const property = Schema.NonEmptyString.annotate({
  title: "Property",
  description: "A top-level key of the properties.",
})

const column = Schema.NonEmptyString.annotate({
  title: "Column",
  description: "A field of the model, or a path into one that holds JSON, as in `columns`.",
})

const comparison = {
  operator: Schema.Literals(operators).annotate({
    title: "Operator",
    description:
      "exact and is_not take a value or a list, like in and not_in; contains and icontains ignore case; regex is RE2; gt, gte, lt and lte compare numbers, dates and times. What lacks the property or is NULL passes is_not, not_in, not_contains, not_icontains, not_regex and is_not_set alone.",
  }),
  value: Schema.optionalKey(Schema.Union([Scalar, Schema.NonEmptyArray(Scalar)])),
}

interface Comparison {
  readonly operator: (typeof operators)[number]
  readonly value?: string | number | boolean | ReadonlyArray<string | number | boolean>
}

/** A filter as every model understands it. */
export interface Filter extends Comparison {
  readonly property?: string
  readonly of?: "event" | "person"
  readonly column?: string
}

const sound = Schema.makeFilter(({ column: named, operator, property: key, value }: Filter) => {
  const issue = (text: string) => ({ path: ["value"], issue: text })
  if (alone.has(operator)) return value === undefined ? undefined : issue(`${operator} takes no value`)
  if (value === undefined) return issue(`${operator} needs a value`)
  if (Array.isArray(value) && !several.has(operator)) return issue(`${operator} takes one value`)
  // What a column compares is known when its type is.
  return numeric.has(operator) && key !== undefined && named === undefined && !isNumber(String(value))
    ? issue(`${operator} compares numbers`)
    : undefined
})

export const isNumber = (text: string): boolean => text.trim() !== "" && Number.isFinite(Number(text))

const one = Schema.makeFilter((filter: Filter) =>
  filter.property !== undefined && filter.column !== undefined
    ? { path: ["column"], issue: "names a property or a column, not both" }
    : filter.property === undefined && filter.column === undefined
      ? { path: ["property"], issue: "name a property or a column" }
      : filter.of !== undefined && filter.property === undefined
        ? { path: ["of"], issue: "is about a property" }
        : undefined,
)

const EventFilter = Schema.Struct({
  property: Schema.optionalKey(property),
  of: Schema.Literals(["event", "person"])
    .annotate({ title: "Of", description: "Whose property: the event's, or the person's when the event was ingested." })
    .pipe(Schema.optionalKey),
  column: Schema.optionalKey(column),
  ...comparison,
})
  .check(one)
  .check(sound)

const PersonFilter = Schema.Struct({
  property: Schema.optionalKey(property),
  column: Schema.optionalKey(column),
  ...comparison,
})
  .check(one)
  .check(sound)

const ColumnFilter = Schema.Struct({ column, ...comparison }).check(sound)

const names = (title: string, description: string) =>
  Schema.optionalKey(Schema.NonEmptyArray(Schema.String).annotate({ title, description }))

const filters = <S extends Schema.Top>(filter: S, of: string) =>
  Schema.optionalKey(
    Schema.NonEmptyArray(filter).annotate({
      title: "Filters",
      description: `Only ${of} of which all of these are true.`,
    }),
  )

const where = (description: string, example: string) =>
  Schema.optionalKey(
    Schema.NonEmptyString.annotate({ title: "Where", description, examples: [example] }).check(
      Schema.makeFilter((text: string) => conditionProblem(text)),
    ),
  )

/** Keys of the events model. */
export const eventFilters = {
  includeEvents: names("Include events", "Only events of these names."),
  excludeEvents: names("Exclude events", "No events of these names."),
  filters: filters(EventFilter, "events"),
  where: where(
    "A condition in ClickHouse's SQL on columns of the table, which comes on top.",
    "person_mode != 'propertyless'",
  ),
}

export const personFilters = {
  filters: filters(PersonFilter, "persons"),
  where: where("A condition in ClickHouse's SQL on fields of the model, which comes on top.", "is_deleted = 0"),
}

export const sessionFilters = {
  filters: filters(ColumnFilter, "sessions"),
  where: where("A condition in ClickHouse's SQL on fields of the model, which comes on top.", "pageview_count > 1"),
}

/** Of tables and queries. */
export const columnFilters = {
  filters: filters(ColumnFilter, "rows"),
  where: where(
    "A condition in ClickHouse's SQL on columns of the table or the query, which comes on top.",
    "total > 0",
  ),
}

/** A condition that closed a bracket it did not open would reach the conditions around it, the window's among them. */
export const conditionProblem = (text: string): string | undefined => {
  let depth = 0
  let quote: string | undefined
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? ""
    if (quote !== undefined) {
      if (char === "\\") at++
      else if (char === quote) quote = undefined
    } else if (char === "'" || char === '"' || char === "`") quote = char
    else if (char === "(") depth++
    else if (char === ")" && --depth < 0) return "closes a bracket that it did not open"
    else if (char === ";") return "must be one condition, without a semicolon"
    else if (/^(?:--|\/\*|#)/.test(text.slice(at, at + 2))) return "must not hold a comment"
    // Strings that quotes do not delimit.
    else if (/[$“”‘’]/.test(char)) return `must not hold ${char} outside of quotes`
  }
  if (quote !== undefined) return "does not end a quote that it opens"
  return depth > 0 ? "does not close a bracket that it opens" : undefined
}
