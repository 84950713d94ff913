/** Flags and arguments that several commands share. */
import { nearest, Window } from "@batch-exports/core"
import { Effect, Option, Redacted } from "effect"
import { Argument, Flag } from "effect/cli"
import { load } from "../config/load.ts"
import { builtIn } from "../plugins.ts"
import { reported, usage } from "./failure.ts"
import { storedExport } from "./storedExport.ts"

export const config = Flag.String("config").pipe(
  Flag.withAlias("c"),
  Flag.withDescription("The configuration file (default: batch-exports.yaml)"),
  Flag.withDefault("batch-exports.yaml"),
)

/** Where the state is, as far as the command line and the environment say. */
export type Said =
  | { readonly _tag: "Url"; readonly url: Redacted.Redacted; readonly by: string }
  | { readonly _tag: "Folder"; readonly folder: string }
  | { readonly _tag: "Nothing" }

/** What commands are told about where the state is. */
export interface Asked {
  readonly data: Said
  /** The configuration file, of commands that name one. */
  readonly config?: string
  readonly json?: boolean
}

/** Without a word on the command line. */
export const ofEnvironment = (): Said => {
  const url = process.env["BATCH_EXPORTS_STATE"] ?? ""
  return url === ""
    ? { _tag: "Nothing" }
    : { _tag: "Url", url: Redacted.make(url, { label: "state" }), by: "BATCH_EXPORTS_STATE" }
}

const place = (name: "state" | "state-url"): Flag.Flag<Said> =>
  Flag.Redacted(name).pipe(
    Flag.withDescription(
      "The state that several runners share: postgres://user:password@host/database (better set as BATCH_EXPORTS_STATE: a command line can be seen by others)",
    ),
    Flag.map((url): Said => ({ _tag: "Url", url, by: `--${name}` })),
    Flag.orElse(() =>
      Flag.String("data").pipe(
        Flag.withDescription("The folder of the runner's state (default: .batch-exports)"),
        Flag.map((folder): Said => ({ _tag: "Folder", folder })),
        Flag.optional,
        Flag.map(Option.getOrElse(ofEnvironment)),
      ),
    ),
  )

/** What the command line says goes before the environment. */
export const data = place("state")

/** Where --state is the state of runs. */
export const dataOfRuns = place("state-url")

export const json = Flag.Boolean("json").pipe(
  Flag.withDescription("Print the result as JSON on standard output"),
  Flag.withDefault(false),
)

export const exportName = Argument.String("export").pipe(Argument.withDescription("The export's name"))

/** Of commands that look after one export. */
export const ofExport = { export: exportName, config, data, json }

export const window = Flag.String("window").pipe(
  Flag.withDescription("<start>/<end> of ingestion time: 2026-01-31T13:00:00Z/2026-01-31T14:00:00Z"),
)

export const parseWindow = (text: string, json: boolean) =>
  Effect.fromResult(Window.parse(text)).pipe(Effect.catch((message) => usage(`--window: ${message}`, json)))

/** What commands are told about the export that they look after. */
export interface Named extends Asked {
  readonly export: string
  readonly config: string
  readonly json: boolean
}

/** The named export of the configuration file, failing that of the runner's state; failing that, one clear error. */
export const findExport = (flags: Named) => Effect.map(findIn(flags), ({ definition }) => definition)

export const findIn = Effect.fnUntraced(function* (flags: Named) {
  const { config: file, export: name, json } = flags
  const configuration = yield* load(file, builtIn).pipe(Effect.catch((error) => reported(error, json)))
  const { exports } = configuration
  const definition = exports.get(name) ?? (yield* storedExport(flags, configuration))
  if (definition !== undefined) return { configuration, definition }
  const names = [...exports.keys()]
  const near = nearest(name, names)
  const there = names.length === 0 ? "it defines none" : `there is ${names.join(", ")}`
  return yield* usage(
    `export "${name}" is not in ${file}; ${near === undefined ? there : `did you mean "${near}"?`}`,
    json,
  )
})
