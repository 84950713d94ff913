/** Loads the destinations that a configuration names under `plugins`: packages, or files beside the configuration. */
import { ConfigError, Destination } from "@batch-exports/core"
import { Effect, Result } from "effect"
import { registerHooks } from "node:module"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import type { Plugins } from "../plugins.ts"

type Problem = ConfigError["problems"][number]

/** `known` and the plugins of the file. What is not a list of names is left to the decoder of the whole file. */
export const extend = (known: Plugins, value: unknown, folder: string): Effect.Effect<Plugins, ConfigError> =>
  Effect.gen(function* () {
    const destinations = [...known.destinations]
    const problems: Array<Problem> = []
    for (const [index, specifier] of named(value).entries()) {
      const loaded = yield* Effect.promise(() => load(specifier, folder))
      const problem = Result.isFailure(loaded) ? loaded.failure : collision(loaded.success, destinations)
      if (problem !== undefined) problems.push({ path: ["plugins", index], message: `"${specifier}" ${problem}` })
      if (Result.isSuccess(loaded)) destinations.push(loaded.success)
    }
    return problems.length === 0 ? { ...known, destinations } : yield* new ConfigError({ problems })
  })

const named = (value: unknown): ReadonlyArray<string> => {
  const list = typeof value === "object" && value !== null && "plugins" in value ? value.plugins : []
  return Array.isArray(list) && list.every((item) => typeof item === "string") ? list : []
}

const load = async (specifier: string, folder: string): Promise<Result.Result<Destination.Plugin, string>> => {
  try {
    const module = await importFrom(specifier, folder)
    return accept(module["default"])
  } catch (error) {
    return Result.fail(explain(error, specifier, folder))
  }
}

let imports = 0

/**
 * As if a file in `folder` had written `import … from "specifier"`: packages are those installed there, wherever the runner
 * itself is. A dynamic import would resolve from this file.
 */
const importFrom = async (specifier: string, folder: string): Promise<Record<string, unknown>> => {
  const parentURL = pathToFileURL(join(folder, "batch-exports.yaml")).href
  // A specifier that was resolved once is remembered; each import has one of its own.
  const alias = `batch-exports-plugin:${imports++}`
  const hooks = registerHooks({
    resolve: (wanted, context, next) =>
      wanted === alias ? next(specifier, { ...context, parentURL }) : next(wanted, context),
  })
  try {
    return (await import(alias)) as Record<string, unknown>
  } finally {
    hooks.deregister()
  }
}

const accept = (value: unknown): Result.Result<Destination.Plugin, string> => {
  const wrong =
    'is not a destination: its default export must be what "Destination.define" of @batch-exports/core returns'
  if (typeof value !== "object" || value === null) return Result.fail(wrong)
  const { capabilities, Config, configure, contract, name } = value as Partial<
    Record<keyof Destination.Plugin, unknown>
  >
  const shaped =
    typeof name === "string" && typeof configure === "function" && isObject(capabilities) && isObject(Config)
  if (!shaped) return Result.fail(wrong)
  return contract === Destination.contractVersion
    ? Result.succeed(value as Destination.Plugin)
    : Result.fail(
        `was made for version ${typeof contract === "number" ? contract : 0} of the contract, and this runner has version ${Destination.contractVersion}: install versions of the two that fit`,
      )
}

/** Schemas are functions that carry properties. */
const isObject = (value: unknown): boolean =>
  (typeof value === "object" && value !== null) || typeof value === "function"

const collision = (plugin: Destination.Plugin, others: ReadonlyArray<Destination.Plugin>): string | undefined =>
  others.some(({ name }) => name === plugin.name)
    ? `is named "${plugin.name}", as another destination is: two of one name cannot be told apart`
    : undefined

const explain = (error: unknown, specifier: string, folder: string): string => {
  const code = error instanceof Error && "code" in error ? String(error.code) : ""
  const message = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error)
  const isFile = /^(\.{0,2}\/|file:)/.test(specifier)
  // The same code also comes from a module that the plugin itself imports; the first name in quotes is what is missing.
  const missing = /'([^']*)'/.exec(message)?.[1]
  const isItself = missing === specifier || missing === join(folder, specifier)
  if ((code === "ERR_MODULE_NOT_FOUND" || code === "ERR_UNSUPPORTED_DIR_IMPORT") && isItself) {
    return isFile
      ? `does not exist, or is a folder; it is looked for in ${folder}`
      : `is not installed where the configuration is: npm install ${specifier} in ${folder}`
  }
  if (code === "ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING") {
    return "is TypeScript inside node_modules, which Node does not run: its package must be published as JavaScript"
  }
  return `cannot be loaded: ${message}`
}
