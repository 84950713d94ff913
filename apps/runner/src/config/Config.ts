/** The shape of the configuration file, and the exports that it defines. Decoding touches nothing outside. */
import { ConfigError, decodeBoth, decodeConfig, type Destination, nearest, type Source } from "@batch-exports/core"
import { Result, Schema } from "effect"
import type { Plugins } from "../plugins.ts"
import { Settings as ScheduleSettings } from "../schedule/Settings.ts"
import type { Path } from "./document.ts"
import { hide } from "./hiding.ts"
import * as RunnerSettings from "./RunnerSettings.ts"
import * as SubWindows from "./SubWindows.ts"

export interface Export {
  readonly name: string
  readonly source: Source.Configured
  readonly destination: Destination.Configured
  /** The name under `destinations`, or the export's own where it is written in place: what a limit of runs at once is counted by. */
  readonly destinationName: string
  readonly schedule: ScheduleSettings | undefined
  /** Undefined: a run is one transaction, however large. */
  readonly subWindows: SubWindows.SubWindows | undefined
}

export type Exports = ReadonlyMap<string, Export>

export interface Configuration {
  readonly exports: Exports
  readonly runner: RunnerSettings.RunnerSettings
  readonly vocabulary: Vocabulary
}

/** What exports are written in: plugins, and the sources and destinations that the file names. */
export interface Vocabulary {
  readonly plugins: Plugins
  readonly sources: ReadonlyArray<Named>
  readonly destinations: ReadonlyArray<Named>
  /** An export that is defined elsewhere, in the same words. Paths of problems begin with `exports` and its name. */
  readonly define: (name: string, definition: unknown) => Result.Result<Export, ConfigError>
  /** What an export of a source would select; the file's only source where none is named. Paths begin with `exports` and a name. */
  readonly select: (model: unknown, source?: string) => Result.Result<Source.Configured, ConfigError>
  /** A definition with its references resolved and without secrets; undefined where it refers to what there is not. */
  readonly resolve: (definition: unknown) => Resolved | undefined
  /** The same for an export of the file. */
  readonly written: (name: string) => Resolved | undefined
}

export interface Named {
  readonly name: string
  readonly type: string
}

/** Settings as they may be shown. */
export interface Shown {
  readonly type: string
  /** The name in the file that they come from; null where they are written in place. */
  readonly name: string | null
  readonly settings: unknown
  /** Where there are secrets. */
  readonly secrets: ReadonlyArray<Path>
}

export interface Resolved {
  readonly source: Shown
  readonly destination: Shown
  readonly model: unknown
  readonly schedule: ScheduleSettings | null
}

const Settings = Schema.Record(Schema.String, Schema.Unknown)
type Settings = typeof Settings.Type

const Reference = Schema.Union([Schema.String, Settings])

const hasControlCharacter = (text: string): boolean => Array.from(text).some((character) => character < " ")

export const Definition = Schema.Struct({
  source: Schema.optionalKey(Reference),
  model: Settings,
  destination: Reference,
  schedule: Schema.optionalKey(ScheduleSettings),
  atomicRun: Schema.optionalKey(SubWindows.AtomicRun),
  subWindows: Schema.optionalKey(SubWindows.Block),
})

export const File = Schema.Struct({
  runner: Schema.optionalKey(RunnerSettings.Block),
  /** Loaded before this is decoded: see pluginModules.ts. */
  plugins: Schema.optionalKey(Schema.Array(Schema.String)),
  sources: Schema.Record(Schema.String, Settings),
  destinations: Schema.Record(Schema.String, Settings),
  exports: Schema.Record(Schema.String, Definition).check(
    Schema.makeFilter((exports: Readonly<Record<string, unknown>>) => {
      const odd = Object.keys(exports).find((name) => name.trim() === "" || hasControlCharacter(name))
      return odd === undefined ? undefined : "an export's name must not be empty or hold control characters"
    }),
  ),
})

/** Every export of the file, or every problem of the file. */
export const decode = (input: unknown, plugins: Plugins): Result.Result<Configuration, ConfigError> => {
  const file = decodeConfig(File, input)
  if (Result.isFailure(file)) return Result.fail(file.failure)
  const problems: Array<ConfigError["problems"][number]> = []
  const exports = new Map<string, Export>()
  for (const [name, definition] of Object.entries(file.success.exports)) {
    const decoded = decodeExport(name, definition, file.success, plugins)
    if (Result.isSuccess(decoded)) exports.set(name, decoded.success)
    else problems.push(...decoded.failure.problems)
  }
  // Two exports that share a broken destination have one problem, not two.
  const distinct = new Map(problems.map((problem) => [JSON.stringify(problem), problem]))
  return distinct.size === 0
    ? Result.succeed({
        exports,
        runner: RunnerSettings.make(file.success.runner),
        vocabulary: vocabulary(file.success, plugins),
      })
    : Result.fail(new ConfigError({ problems: [...distinct.values()] }))
}

/** Closures, so that what the file says of secrets is not found by looking at the value. */
const vocabulary = (file: typeof File.Type, plugins: Plugins): Vocabulary => {
  const named = (settings: Readonly<Record<string, Settings>>) =>
    Object.entries(settings).map(([name, { type }]) => ({ name, type: typeof type === "string" ? type : "" }))
  const decoded = (definition: unknown) => decodeConfig(Definition, definition)
  const resolve = (definition: unknown) => {
    const written = decoded(definition)
    return Result.isSuccess(written) ? resolved(written.success, file, plugins) : undefined
  }
  return {
    plugins,
    sources: named(file.sources),
    destinations: named(file.destinations),
    define: (name, definition) =>
      Result.flatMap(decodeConfig(Definition, definition, ["exports", name]), (written) =>
        decodeExport(name, written, file, plugins),
      ),
    select: (model, source) => decodeSource({ model, source }, file, plugins, ["exports", "model"]),
    resolve,
    written: (name) => (Object.hasOwn(file.exports, name) ? resolve(file.exports[name]) : undefined),
  }
}

const resolved = (definition: typeof Definition.Type, file: typeof File.Type, plugins: Plugins) => {
  const part = (
    kind: "source" | "destination",
    reference: string | Settings | undefined,
    named: Readonly<Record<string, Settings>>,
    known: ReadonlyArray<{ readonly name: string; readonly Config: Schema.Top }>,
  ) => {
    const gathered = gather(kind, `${kind}s`, reference, named, [])
    if (Result.isFailure(gathered)) return undefined
    const { settings } = gathered.success
    const plugin = known.find(({ name }) => name === settings["type"])
    if (plugin === undefined) return undefined
    const name = reference === undefined ? null : (nameOf(reference) ?? null)
    const { secrets, shown } = hide(plugin.Config, without(settings, "type"), "dropped")
    return { type: plugin.name, name, settings: shown, secrets: secrets.map(({ path }) => path) }
  }
  const from = definition.source ?? only(file.sources)
  const source = part("source", from, file.sources, plugins.sources)
  const destination = part("destination", definition.destination, file.destinations, plugins.destinations)
  return source === undefined || destination === undefined
    ? undefined
    : { source, destination, model: definition.model, schedule: definition.schedule ?? null }
}

const fail = (path: Path, message: string) => Result.fail(new ConfigError({ problems: [{ path, message }] }))

const decodeExport = (
  name: string,
  definition: typeof Definition.Type,
  file: typeof File.Type,
  plugins: Plugins,
): Result.Result<Export, ConfigError> => {
  const at = ["exports", name]
  const source = decodeSource(definition, file, plugins, at)
  const destination = Result.flatMap(
    gather("destination", "destinations", definition.destination, file.destinations, at),
    ({ origin, settings }) =>
      Result.flatMap(choose("destination", plugins.destinations, settings, origin), (plugin) =>
        Result.mapError(plugin.configure(without(settings, "type")), (error) => relocate(error, origin)),
      ),
  )
  return decodeBoth(source, destination, (from, to) => ({
    name,
    source: from,
    destination: to,
    destinationName: nameOf(definition.destination) ?? name,
    schedule: definition.schedule,
    subWindows: SubWindows.make(definition.subWindows, definition.atomicRun),
  }))
}

const decodeSource = (
  definition: { readonly model: unknown; readonly source?: string | Settings | undefined },
  file: typeof File.Type,
  plugins: Plugins,
  at: Path,
): Result.Result<Source.Configured, ConfigError> =>
  Result.flatMap(
    gather("source", "sources", definition.source ?? only(file.sources), file.sources, at),
    ({ origin, settings }) =>
      Result.flatMap(choose("source", plugins.sources, settings, origin), (plugin) =>
        Result.mapError(
          plugin.configure({ value: without(settings, "type") }, { value: definition.model, path: modelPath }),
          (error) =>
            relocate(error, (path) => (path[0] === modelPath[0] ? [...at, "model", ...path.slice(1)] : origin(path))),
        ),
      ),
  )

/** Marks the selection's problems among those of `configure`; no settings key can be spelled so. */
const modelPath: Path = ["\u0000model"]

const nameOf = (reference: string | Settings): string | undefined => {
  const use = typeof reference === "string" ? reference : reference["use"]
  return typeof use === "string" ? use : undefined
}

const without = (settings: Settings, key: string): Settings =>
  Object.fromEntries(Object.entries(settings).filter(([name]) => name !== key))

const only = (named: Readonly<Record<string, Settings>>): string | undefined => {
  const names = Object.keys(named)
  return names.length === 1 ? names[0] : undefined
}

interface Gathered {
  readonly settings: Settings
  /** Where in the file a path within the gathered settings comes from. */
  readonly origin: (path: Path) => Path
}

/** Settings by name, or by name with some of them replaced (`use:`), or written out in place. */
const gather = (
  kind: string,
  group: string,
  reference: string | Settings | undefined,
  named: Readonly<Record<string, Settings>>,
  at: Path,
): Result.Result<Gathered, ConfigError> => {
  const here = [...at, kind]
  if (reference === undefined) return fail(here, `say which of the ${group} to use: ${Object.keys(named).join(", ")}`)
  const own = typeof reference === "string" ? {} : without(reference, "use")
  const use = typeof reference === "string" ? reference : reference["use"]
  if (use === undefined) return Result.succeed({ settings: own, origin: (path) => [...here, ...path] })
  if (typeof use !== "string") return fail([...here, "use"], `expected the name of one of the ${group}`)
  const base = Object.hasOwn(named, use) ? named[use] : undefined
  if (base === undefined) {
    return fail(
      typeof reference === "string" ? here : [...here, "use"],
      missing(`${kind} "${use}" is not defined under ${group}`, use, Object.keys(named)),
    )
  }
  return Result.succeed({
    settings: { ...base, ...own },
    origin: (path) => {
      const key = path[0]
      if (key === undefined) return here
      return Object.hasOwn(base, key) && !Object.hasOwn(own, key) ? [group, use, ...path] : [...here, ...path]
    },
  })
}

const choose = <P extends { readonly name: string }>(
  kind: string,
  plugins: ReadonlyArray<P>,
  settings: Settings,
  origin: (path: Path) => Path,
): Result.Result<P, ConfigError> => {
  const type = settings["type"]
  const names = plugins.map((plugin) => plugin.name)
  const plugin = plugins.find((candidate) => candidate.name === type)
  if (plugin !== undefined) return Result.succeed(plugin)
  return typeof type === "string"
    ? fail(origin(["type"]), missing(`"${type}" is not a type of ${kind}`, type, names))
    : fail(origin([]), `"type" is required and missing: one of ${names.join(", ")}`)
}

const missing = (message: string, word: string, candidates: ReadonlyArray<string>): string => {
  const near = nearest(word, candidates)
  if (near !== undefined) return `${message}; did you mean "${near}"?`
  return candidates.length === 0 ? message : `${message}; there is ${candidates.join(", ")}`
}

const relocate = (error: ConfigError, origin: (path: Path) => Path): ConfigError =>
  new ConfigError({ problems: error.problems.map(({ message, path }) => ({ message, path: origin(path) })) })
