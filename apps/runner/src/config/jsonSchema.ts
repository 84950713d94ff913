/** The JSON Schema of the configuration file, for editors. Made from the plugins' own schemas, so it cannot drift. */
import { Schema } from "effect"
import type { Plugins } from "../plugins.ts"
import { Settings as ScheduleSettings } from "../schedule/Settings.ts"
import { Block as RunnerBlock } from "./RunnerSettings.ts"
import * as SubWindows from "./SubWindows.ts"

type Json = { readonly [key: string]: unknown }

export const jsonSchema = (plugins: Plugins): Json => {
  const definitions: Record<string, unknown> = {}
  const of = (schema: Schema.Top): Json => {
    const document = Schema.toJsonSchemaDocument(schema)
    Object.assign(definitions, document.definitions)
    return document.schema
  }
  const kind = (
    plugin: {
      readonly name: string
      readonly title: string
      readonly description: string
      readonly Config: Schema.Top
    },
    extra: Json = {},
  ) => {
    const schema = of(plugin.Config)
    return {
      type: "object",
      title: plugin.title,
      description: plugin.description,
      properties: { type: { const: plugin.name }, ...extra, ...(schema["properties"] as Json) },
      additionalProperties: false,
    }
  }
  const name = (what: string) => ({ type: "string", description: `The name of one of the ${what}.` })
  // Of a destination from `plugins`, only the command knows the settings.
  const foreign = {
    type: "object",
    properties: { type: { type: "string", not: { enum: plugins.destinations.map((plugin) => plugin.name) } } },
    required: ["type"],
  }
  // Required keys may come from the shared settings or from the export, so only the command can tell what is missing.
  const reference = (what: string, kinds: ReadonlyArray<Parameters<typeof kind>[0]>) => ({
    anyOf: [name(what), ...kinds.map((plugin) => kind(plugin, { use: name(what) }))],
  })
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "batch-exports configuration",
    type: "object",
    required: ["sources", "destinations", "exports"],
    additionalProperties: false,
    properties: {
      runner: of(RunnerBlock),
      sources: {
        description: "Where records come from, by a name of your choice.",
        type: "object",
        additionalProperties: { anyOf: plugins.sources.map((plugin) => ({ ...kind(plugin), required: ["type"] })) },
      },
      destinations: {
        description: "Where records go, by a name of your choice. An export may replace single settings.",
        type: "object",
        additionalProperties: {
          anyOf: [...plugins.destinations.map((plugin) => ({ ...kind(plugin), required: ["type"] })), foreign],
        },
      },
      exports: {
        description: "What is exported. The name is the key of the ledger: renaming an export starts it anew.",
        type: "object",
        additionalProperties: {
          type: "object",
          required: ["model", "destination"],
          additionalProperties: false,
          properties: {
            source: {
              ...reference("sources", plugins.sources),
              description: "May be left out when there is only one.",
            },
            model: { anyOf: plugins.sources.map((plugin) => of(plugin.Selection)) },
            destination: reference("destinations", plugins.destinations),
            schedule: of(ScheduleSettings),
            atomicRun: of(SubWindows.AtomicRun),
            subWindows: of(SubWindows.Block),
          },
        },
      },
    },
    ...(Object.keys(definitions).length === 0 ? {} : { $defs: definitions }),
  }
}
