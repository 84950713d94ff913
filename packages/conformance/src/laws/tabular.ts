/** For laws of tables: the harness's side of a table, and the records that they send. */
import { type Capabilities, FieldType, type Model, RecordSchema } from "@batch-exports/core"
import { Effect } from "effect"
import type { Bench, World } from "../Bench.ts"
import { Broken } from "../Broken.ts"
import type { Row } from "../encoders/index.ts"
import type * as Harness from "../Harness.ts"
import type { Form } from "../Law.ts"

export const forTables = ({ target, types }: Capabilities.Capabilities): Form | undefined =>
  target === "tabular" && types.includes("Text") ? { form: "holds", covers: ["target tabular"] } : undefined

export const tableOf = (world: World): Effect.Effect<Harness.Tabular, Broken> =>
  world.target.tabular === undefined
    ? Effect.fail(
        new Broken({
          expected: 'a harness of a destination with `target: "tabular"` gives `Target.tabular`',
          seen: "none",
          advice: "Let the suite make and look at tables, or declare `stream`.",
        }),
      )
    : Effect.succeed(world.target.tabular)

export const fieldOf = (name: string, type: FieldType.FieldType, changes: Partial<RecordSchema.Field> = {}) => ({
  name,
  type,
  nullable: name !== "id",
  description: "",
  created: true,
  ...changes,
})

/** An "id" of text and the given fields. */
export const modelOf = (bench: Bench, ...fields: ReadonlyArray<RecordSchema.Field>): Model.Model => ({
  name: "columns",
  description: "Records of some columns",
  schema: RecordSchema.make(fieldOf("id", FieldType.text()), ...fields),
  identity: bench.plugin.capabilities.identities.includes("Append")
    ? { _tag: "Append" }
    : { _tag: "Upsert", key: ["id"], versions: [] },
})

/** A column that the field could have been created with. */
export const columnOf = (
  table: Harness.Tabular,
  { name, type }: Pick<RecordSchema.Field, "name" | "type">,
  changes: Partial<Harness.TableColumn> = {},
): Harness.TableColumn => ({ name, type: table.typeName(type), nullable: true, hasDefault: false, ...changes })

/** One record for each id, in which every other field is a text of its own. */
export const textRows = (model: Model.Model, ...ids: ReadonlyArray<string>): ReadonlyArray<Row> =>
  ids.map((id) =>
    Object.fromEntries(model.schema.fields.map(({ name }) => [name, name === "id" ? id : `${name} of ${id}`])),
  )
