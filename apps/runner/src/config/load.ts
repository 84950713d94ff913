/** Reads a configuration file: YAML, then secrets, then exports. Problems carry the file's name and line. */
import { ConfigError } from "@batch-exports/core"
import { Effect, FileSystem, Path as PathService, Result, Schema } from "effect"
import type { Plugins } from "../plugins.ts"
import * as Config from "./Config.ts"
import * as Document from "./document.ts"
import { extend } from "./pluginModules.ts"
import { type Substituted, substitute } from "./substitute.ts"

/** A file that cannot be used, with every reason and where it stands: `batch-exports.yaml:12: …`. */
export class ConfigFileError extends Schema.TaggedError<ConfigFileError>()("ConfigFileError", {
  file: Schema.String,
  problems: Schema.Array(
    Schema.Struct({ line: Schema.optionalKey(Schema.Int), path: Schema.String, message: Schema.String }),
  ),
}) {
  override get message(): string {
    return this.problems
      .map(
        ({ line, message, path }) =>
          `${this.file}${line === undefined ? "" : `:${line}`}: ${path === "" ? "" : `${path}: `}${message}`,
      )
      .join("\n")
  }
}

export const load = Effect.fn("loadConfig")(function* (file: string, plugins: Plugins) {
  const fs = yield* FileSystem.FileSystem
  const paths = yield* PathService.Path
  const text = yield* fs.readFileString(file).pipe(
    Effect.mapError(
      (error) =>
        new ConfigFileError({
          file,
          problems: [
            {
              path: "",
              message:
                error.reason._tag === "NotFound"
                  ? "does not exist. Write one with: batch-exports init"
                  : "cannot be read: it is a directory, or you lack the permission",
            },
          ],
        }),
    ),
  )
  const folder = paths.dirname(file)
  const files = yield* readReferences(text, (name) => fs.readFileString(paths.resolve(folder, name)))
  const all = yield* withPlugins(file, text, plugins, paths.resolve(folder))
  return yield* Effect.fromResult(
    decodeText(file, text, all, {
      env: (name) => process.env[name],
      file: (name) => files.get(name),
    }),
  )
})

const withPlugins = (file: string, text: string, known: Plugins, folder: string) => {
  const document = Document.parse(text)
  // What cannot be parsed is reported by the decoder.
  if (Result.isFailure(document)) return Effect.succeed(known)
  const { success } = document
  return Effect.mapError(extend(known, success.value, folder), (error) => located(file, error, success))
}

/** The texts of all `${file:…}` references; those that cannot be read are absent. */
const readReferences = <E, R>(text: string, read: (name: string) => Effect.Effect<string, E, R>) =>
  Effect.map(
    Effect.forEach(new Set(Array.from(text.matchAll(/\$\{file:([^}]*)\}/g), (match) => match[1] ?? "")), (name) =>
      Effect.map(Effect.option(read(name)), (found) => [name, found] as const),
    ),
    (entries) =>
      new Map(entries.flatMap(([name, found]) => (found._tag === "Some" ? [[name, found.value] as const] : []))),
  )

export const decodeText = (
  file: string,
  text: string,
  plugins: Plugins,
  lookup: Parameters<typeof substitute>[1],
): Result.Result<Config.Configuration, ConfigFileError> => {
  const document = Document.parse(text)
  if (Result.isFailure(document)) return Result.fail(located(file, document.failure))
  if (document.success.value === null) {
    return Result.fail(new ConfigFileError({ file, problems: [{ path: "", message: `is empty; ${needs}` }] }))
  }
  const substituted = substitute(document.success.value, lookup)
  const decoded =
    substituted.problems.length > 0
      ? Result.fail(new ConfigError({ problems: substituted.problems }))
      : decodeSubstituted(substituted, plugins)
  return Result.mapError(decoded, (error) => located(file, error, document.success))
}

const needs = "it needs sources, destinations and exports"

/** `port: ${PORT}` is text where a number is due; only what a substitution made is read again as a number. */
const decodeSubstituted = ({ value, whole }: Substituted, plugins: Plugins) => {
  const first = Config.decode(value, plugins)
  if (Result.isSuccess(first)) return first
  const same = (path: Document.Path) => JSON.stringify(path)
  const candidates = new Set(whole.map(same))
  const wrong = first.failure.problems.filter(({ path }) => candidates.has(same(path)))
  if (wrong.length === 0) return first
  const again = Config.decode(
    wrong.reduce<unknown>((changed, { path }) => update(changed, path, typed), value),
    plugins,
  )
  // A number where a number was due may bring to light what is wrong besides.
  const still = (found: ConfigError) =>
    found.problems.some(({ path }) => wrong.some((at) => same(at.path) === same(path)))
  return Result.isSuccess(again) || !still(again.failure) ? again : first
}

const typed = (text: unknown): unknown => {
  if (text === "true" || text === "false") return text === "true"
  return typeof text === "string" && /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text
}

const update = (value: unknown, path: Document.Path, change: (leaf: unknown) => unknown): unknown => {
  const [key, ...rest] = path
  if (key === undefined) return change(value)
  if (Array.isArray(value))
    return value.map((item, index) => (index === key ? update(item, rest, change) : (item as unknown)))
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, name === key ? update(item, rest, change) : (item as unknown)]),
  )
}

const located = (file: string, error: ConfigError, document?: Document.Document): ConfigFileError =>
  new ConfigFileError({
    file,
    problems: error.problems.map(({ message, path }) => {
      const line = document?.line(path)
      return { path: path.join("."), message: hint(path, message), ...(line === undefined ? {} : { line }) }
    }),
  })

/** YAML takes `password: 12345` for a number, and a file of one list for a configuration. */
const hint = (path: Document.Path, message: string): string => {
  if (path.length === 0 && message === "expected object") return needs
  return message === "expected string" ? "expected string; put a number in quotes" : message
}
