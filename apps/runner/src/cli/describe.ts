/** `batch-exports models` and `batch-exports destinations`: what can be exported, and where to. */
import { FieldType, type Model } from "@batch-exports/core"
import { Console, Effect } from "effect"
import { Command } from "effect/cli"
import { builtIn } from "../plugins.ts"
import { reported } from "./failure.ts"
import * as Flags from "./flags.ts"
import * as Format from "./format.ts"

export const models = Command.make(
  "models",
  Flags.ofExport,
  Effect.fn("models")(function* (flags) {
    const definition = yield* Flags.findExport(flags)
    const { model } = yield* definition.source.open.pipe(
      Effect.scoped,
      Effect.catch((error) => reported(error, flags.json)),
    )
    yield* Console.log(flags.json ? JSON.stringify(modelData(model)) : describeModel(model))
  }),
).pipe(Command.withDescription("Show the fields that an export sends: their names, types and meaning"))

const describeModel = (model: Model.Model): string =>
  [
    `${model.name}: ${model.description}`,
    model.identity._tag === "Append"
      ? "Records are added."
      : `Records replace older ones with the same ${model.identity.key.join(", ")}.`,
    "",
    Format.table(
      ["field", "type", "null", "new tables", "meaning"],
      model.schema.fields.map((field) => [
        field.name,
        FieldType.format(field.type),
        field.nullable ? "yes" : "no",
        field.created ? "yes" : "if you add it",
        field.description,
      ]),
    ),
  ].join("\n")

const modelData = (model: Model.Model) => ({
  name: model.name,
  description: model.description,
  identity: model.identity,
  fields: model.schema.fields.map(({ created, description, name, nullable, type }) => ({
    name,
    type: FieldType.format(type),
    nullable,
    created,
    description,
  })),
})

export const destinations = Command.make(
  "destinations",
  { json: Flags.json },
  Effect.fn("destinations")(function* (flags) {
    const found = builtIn.destinations
    yield* Console.log(
      flags.json
        ? JSON.stringify(
            found.map(({ capabilities, description, name, title }) => ({ name, title, description, capabilities })),
          )
        : Format.table(
            ["type", "title", "models", "delivery", "a reader sees"],
            found.map(({ capabilities, name, title }) => [
              name,
              title,
              capabilities.identities.join(" and ").toLowerCase(),
              capabilities.ledger === "transactional" ? "exactly once" : "at least once",
              capabilities.visibility === "window" ? "whole windows" : "parts of windows",
            ]),
          ),
    )
  }),
).pipe(Command.withDescription("List the kinds of destinations and what they promise"))
