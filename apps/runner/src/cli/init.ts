/** `batch-exports init` and `batch-exports schema`: a configuration to start from, and its JSON Schema for editors. */
import { Console, Effect, FileSystem, Path } from "effect"
import { Command, Flag } from "effect/cli"
import { jsonSchema } from "../config/jsonSchema.ts"
import { decodeText } from "../config/load.ts"
import { packageFile } from "../packageFile.ts"
import { builtIn } from "../plugins.ts"
import { reported, usage } from "./failure.ts"
import * as Answers from "./initAnswers.ts"
import { look, type Looked } from "./initCatalogue.ts"
import { exporting, isTable, nameOf } from "./initModel.ts"

/** Shipped beside the code; the tests decode it. */
export const example = packageFile("batch-exports.example.yaml")

const output = (description: string) =>
  Flag.String("output").pipe(Flag.withAlias("o"), Flag.withDescription(description))

export const init = Command.make(
  "init",
  {
    output: output("The file to write (default: batch-exports.yaml)").pipe(Flag.withDefault("batch-exports.yaml")),
    answers: Answers.flags,
    example: Flag.Boolean("example").pipe(
      Flag.withDescription("Ask nothing, also on a terminal: write the example as it is"),
      Flag.withDefault(false),
    ),
  },
  Effect.fn("init")(function* (flags) {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const schema = path.join(path.dirname(flags.output), "batch-exports.schema.json")
    const text = yield* fs.readFileString(example)
    const given = Answers.given(flags.answers)
    const told = Object.keys(given).length > 0
    const asks = !told && !flags.example && process.stdin.isTTY && process.stdout.isTTY
    const { answers, looked } = asks
      ? yield* Answers.ask(text, (answers) => lookAt(flags.output, text, answers))
      : { answers: given, looked: yield* lookAt(flags.output, text, given) }
    if (looked?._tag === "Missing") return yield* usage(looked.message)
    const filled = configured(text, answers, looked)
    yield* understood(flags.output, filled)
    // `wx` refuses a file that exists: nobody's configuration is overwritten.
    yield* fs
      .writeFileString(flags.output, filled, { flag: "wx" })
      .pipe(
        Effect.catch(() =>
          usage(`${flags.output} cannot be written, or is there already. Name another with --output.`),
        ),
      )
    yield* writeSchema(schema)
    const { model = "events" } = answers
    if (looked?._tag === "Unread") yield* Console.error(unread(model, looked))
    yield* Console.log(
      [
        `Wrote ${flags.output} and ${schema}.`,
        ...(looked?._tag === "Read" ? [`The columns of ${model} are from ClickHouse: look through its model.`] : []),
        `Next: ${toFill(filled === text, looked)}put the passwords into CLICKHOUSE_PASSWORD and POSTGRES_PASSWORD; then`,
        `  batch-exports check ${nameOf(model)}`,
        `  batch-exports run ${nameOf(model)} --window <start>/<end>`,
        "  batch-exports start",
      ].join("\n"),
    )
  }),
).pipe(
  Command.withDescription(
    "Write an annotated configuration to start from, and its JSON Schema. Asks on a terminal, or takes flags. Reads the columns of a table from ClickHouse.",
  ),
)

/** The example with all that is known. */
const configured = (text: string, answers: Answers.Answers, looked: Looked | undefined): string => {
  const { model, table } = answers
  const filled = Answers.fill(text, answers)
  if (model === undefined) return filled
  const proposal = looked?._tag === "Read" ? looked.proposal : undefined
  return exporting(filled, { model, named: table !== undefined, proposal })
}

/** Undefined for models that need no catalogue. An answer that makes no sense is told before ClickHouse is asked. */
const lookAt = Effect.fnUntraced(function* (file: string, text: string, answers: Answers.Answers) {
  const { model } = answers
  if (model === undefined || !isTable(model)) return undefined
  const filled = configured(text, answers, undefined)
  yield* understood(file, filled)
  if (answers["clickhouse-url"] !== undefined) return yield* look(filled, model)
  const looked: Looked = {
    _tag: "Unread",
    message: "the address of ClickHouse was not given",
    remedy: "Add --clickhouse-url.",
  }
  return looked
})

const unread = (table: string, { message, remedy }: Extract<Looked, { readonly _tag: "Unread" }>): string =>
  [
    `warning: the columns of ${table} were not read: ${message}`,
    `  to do   ${remedy} Then run init again with another --output, or fill in the model yourself.`,
  ].join("\n")

const toFill = (isExample: boolean, looked: Looked | undefined): string => {
  if (isExample) return "fill in the two servers and teamId; "
  const isKnown = looked === undefined || (looked._tag === "Read" && looked.proposal.complete)
  return isKnown ? "" : "fill in the model; "
}

/** An answer that no configuration takes is told before anything is written. */
const understood = (file: string, text: string) =>
  Effect.fromResult(decodeText(file, text, builtIn, { env: () => "x", file: () => "x" })).pipe(
    Effect.catch((error) => reported(error)),
  )

export const schema = Command.make(
  "schema",
  { output: output("The file to write; standard output when left out").pipe(Flag.optional) },
  Effect.fn("schema")(function* (flags) {
    if (flags.output._tag === "None") return yield* Console.log(schemaText())
    yield* writeSchema(flags.output.value)
    yield* Console.error(`Wrote ${flags.output.value}.`)
  }),
).pipe(Command.withDescription("Write the JSON Schema of the configuration file, for editors"))

const schemaText = (): string => JSON.stringify(jsonSchema(builtIn), null, 2)

const writeSchema = (file: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => fs.writeFileString(file, `${schemaText()}\n`)).pipe(
    Effect.catch(() => usage(`${file} cannot be written`)),
  )
