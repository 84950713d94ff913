/** What an export may say about the events that it wants. */
import { Schema } from "effect"

const operators = [
  "exact",
  "is_not",
  "in",
  "not_in",
  "contains",
  "not_contains",
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

export const PropertyFilter = Schema.Struct({
  property: Schema.NonEmptyString.annotate({ title: "Property", description: "A top-level key of the properties." }),
  of: Schema.Literals(["event", "person"])
    .annotate({ title: "Of", description: "Whose property: the event's, or the person's when the event was ingested." })
    .pipe(Schema.optionalKey),
  operator: Schema.Literals(operators).annotate({
    title: "Operator",
    description:
      "exact and is_not take a value or a list; contains ignores case; regex is RE2; gt, gte, lt and lte compare numbers. What lacks the property passes is_not, not_in, not_contains, not_regex and is_not_set alone.",
  }),
  value: Schema.optionalKey(Schema.Union([Scalar, Schema.NonEmptyArray(Scalar)])),
}).check(
  Schema.makeFilter(({ operator, value }) => {
    const issue = (text: string) => ({ path: ["value"], issue: text })
    if (alone.has(operator)) return value === undefined ? undefined : issue(`${operator} takes no value`)
    if (value === undefined) return issue(`${operator} needs a value`)
    if (Array.isArray(value) && !several.has(operator)) return issue(`${operator} takes one value`)
    return numeric.has(operator) && (String(value).trim() === "" || !Number.isFinite(Number(value)))
      ? issue(`${operator} compares numbers`)
      : undefined
  }),
)

export type PropertyFilter = typeof PropertyFilter.Type

const names = (title: string, description: string) =>
  Schema.optionalKey(Schema.NonEmptyArray(Schema.String).annotate({ title, description }))

/** Keys of the events model. */
export const eventFilters = {
  includeEvents: names("Include events", "Only events of these names."),
  excludeEvents: names("Exclude events", "No events of these names."),
  filters: Schema.optionalKey(
    Schema.NonEmptyArray(PropertyFilter).annotate({
      title: "Filters",
      description: "Only events of which all of these are true.",
    }),
  ),
  where: Schema.optionalKey(
    Schema.NonEmptyString.annotate({
      title: "Where",
      description: "A condition in ClickHouse's SQL on columns of the table, which comes on top.",
      examples: ["person_mode != 'propertyless'"],
    }).check(Schema.makeFilter((text: string) => conditionProblem(text))),
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
