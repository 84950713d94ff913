/**
 * Decodes a configuration value without I/O. Unknown keys are errors that name the key and the nearest valid one. The
 * messages never repeat a value, since any value may be a secret written in the wrong place.
 */
import { Result, Schema, SchemaAST, SchemaIssue } from "effect"
import { distance } from "fastest-levenshtein"
import { ConfigError } from "./errors.ts"

type Path = ReadonlyArray<string | number>
type Problem = ConfigError["problems"][number]

export const decodeConfig = <C>(
  schema: Schema.Codec<C, unknown>,
  input: unknown,
  path: Path = [],
): Result.Result<C, ConfigError> => {
  const decoded = Result.mapError(
    Schema.decodeUnknownResult(schema, { errors: "all", onExcessProperty: "error" })(input),
    (error) => new ConfigError({ problems: flatten(error.issue, path) }),
  )
  if (Result.isFailure(decoded)) return decoded
  const problems = inEmpty(SchemaAST.toEncoded(schema.ast), input, path)
  return problems.length === 0 ? decoded : Result.fail(new ConfigError({ problems }))
}

/** A structure without keys is TypeScript's `{}` to Schema, which takes whatever is not null; to a user it is no settings. */
const inEmpty = (ast: SchemaAST.AST, input: unknown, path: Path): Array<Problem> => {
  if (!SchemaAST.isObjects(ast) || ast.indexSignatures.length > 0) return []
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    return ast.propertySignatures.length === 0 ? [{ path, message: "expected object" }] : []
  }
  if (ast.propertySignatures.length === 0) {
    return Object.keys(input).map((key) => ({ path: [...path, key], message: unknownKey(key, []) }))
  }
  const given: Readonly<Record<string, unknown>> = { ...input }
  return ast.propertySignatures.flatMap(({ name, type }) =>
    typeof name === "string" && Object.hasOwn(given, name) ? inEmpty(type, given[name], [...path, name]) : [],
  )
}

const flatten = (issue: SchemaIssue.Issue, path: Path): Array<Problem> => {
  switch (issue._tag) {
    case "Pointer":
      return flatten(issue.issue, [...path, ...issue.path.map((key) => (typeof key === "symbol" ? String(key) : key))])
    case "Composite":
      return issue.issues.flatMap((inner) => flatten(inner, path))
    case "Encoding":
      return flatten(issue.issue, path)
    case "Filter": {
      // A check over several keys says which of them is wrong; a plain one is described as a whole.
      const inner = flatten(issue.issue, path)
      return inner.some((found) => found.path.length > path.length) ? inner : [{ path, message: describe(issue) }]
    }
    case "UnexpectedKey":
      return [{ path, message: unknownKey(String(path.at(-1) ?? ""), keysOf(issue.ast)) }]
    case "MissingKey":
      return [{ path, message: said(issue.annotations) ?? "this key is required and missing" }]
    case "AnyOf":
      // The branch that got furthest says most; without one, say what is allowed.
      return (
        issue.issues
          .map((inner) => flatten(inner, path))
          .find((found) => found.some((at) => at.path.length > path.length)) ?? [undecided(issue, path)]
      )
    case "InvalidType":
    case "OneOf":
    case "InvalidValue":
    case "Forbidden":
      return [{ path, message: describe(issue) }]
    default:
      return issue satisfies never
  }
}

/** No branch was taken: where a key with a constant chooses between them, it is that key which is wrong or missing. */
const undecided = (issue: SchemaIssue.AnyOf, path: Path): Problem => {
  const constants = (issue.ast.types ?? []).map((type) =>
    SchemaAST.isObjects(type)
      ? type.propertySignatures.flatMap(({ name, type: of }) =>
          SchemaAST.isLiteral(of) && typeof of.literal === "string" ? [[String(name), of.literal] as const] : [],
        )
      : [],
  )
  const key = constants[0]?.find(([name]) => constants.every((found) => found.some(([other]) => other === name)))?.[0]
  if (key === undefined) return { path, message: describe(issue) }
  const values = constants.flatMap((found) => found.filter(([name]) => name === key).map(([, value]) => `"${value}"`))
  return { path: [...path, key], message: `expected ${values.join(" | ")}` }
}

const said = (annotations: { readonly [key: string]: unknown } | undefined): string | undefined =>
  typeof annotations?.["message"] === "string" ? annotations["message"] : undefined

/** Effect's own wording. It names what was expected and, since inputs are not reported, never what was given. */
const format = SchemaIssue.makeFormatterDefault()
const describe = (issue: SchemaIssue.Issue): string => {
  const text = format(issue)
  return text.charAt(0).toLowerCase() + text.slice(1)
}

const keysOf = (ast: SchemaAST.AST): ReadonlyArray<string> =>
  SchemaAST.isObjects(ast) ? ast.propertySignatures.map((property) => String(property.name)) : []

const unknownKey = (key: string, valid: ReadonlyArray<string>): string => {
  const near = nearest(key, valid)
  return near === undefined
    ? `unknown key "${key}"${valid.length === 0 ? "" : `; valid keys are ${valid.join(", ")}`}`
    : `unknown key "${key}"; did you mean "${near}"?`
}

/** The candidate with the fewest edits, when it is close enough to be a slip of the pen. */
export const nearest = (word: string, candidates: ReadonlyArray<string>): string | undefined => {
  let best: { readonly name: string; readonly edits: number } | undefined
  for (const name of candidates) {
    const edits = distance(word.toLowerCase(), name.toLowerCase())
    if (edits <= Math.max(2, Math.floor(name.length / 3)) && (best === undefined || edits < best.edits))
      best = { name, edits }
  }
  return best?.name
}

/** Both values, or the problems of both: a user mends a file once, not one error at a time. */
export const decodeBoth = <A, B, C>(
  a: Result.Result<A, ConfigError>,
  b: Result.Result<B, ConfigError>,
  combine: (a: A, b: B) => C,
): Result.Result<C, ConfigError> => {
  if (Result.isSuccess(a) && Result.isSuccess(b)) return Result.succeed(combine(a.success, b.success))
  return Result.fail(
    new ConfigError({
      problems: [
        ...(Result.isFailure(a) ? a.failure.problems : []),
        ...(Result.isFailure(b) ? b.failure.problems : []),
      ],
    }),
  )
}
