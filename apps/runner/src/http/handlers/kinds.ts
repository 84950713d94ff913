/** `/api/sources` and `/api/destinations`. */
import { Effect, Schema } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { Catalogue } from "../../runner/Catalogue.ts"
import { Settings as ScheduleSettings } from "../../schedule/Settings.ts"
import { Api } from "../api/Api.ts"

/** A schema and its definitions in one document. */
const jsonSchema = (schema: Schema.Top): unknown => {
  const { definitions, schema: main } = Schema.toJsonSchemaDocument(schema)
  return Object.keys(definitions).length === 0 ? main : { ...main, $defs: definitions }
}

const vocabulary = Effect.flatMap(Catalogue, (catalogue) => Effect.map(catalogue.file, (file) => file.vocabulary))

export const kinds = HttpApiBuilder.group(Api, "kinds", (handlers) =>
  handlers.handleAll({
    listSources: () =>
      Effect.map(vocabulary, ({ plugins, sources }) => ({
        items: sources.flatMap(({ name, type }) => {
          const plugin = plugins.sources.find((each) => each.name === type)
          return plugin === undefined
            ? []
            : [{ name, type, title: plugin.title, selection: jsonSchema(plugin.Selection) }]
        }),
      })),
    listDestinations: () =>
      Effect.map(vocabulary, ({ destinations, plugins }) => ({
        items: plugins.destinations.map(({ capabilities, Config, description, form, name, title }) => ({
          type: name,
          title,
          description,
          identities: capabilities.identities,
          exactlyOnce: capabilities.ledger === "transactional",
          form: form ?? [],
          config: jsonSchema(Config),
        })),
        named: destinations,
        schedule: jsonSchema(ScheduleSettings),
      })),
  }),
)
