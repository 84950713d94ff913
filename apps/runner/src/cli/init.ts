/** `batch-exports init` and `batch-exports schema`: a configuration to start from, and its JSON Schema for editors. */
import { Console, Effect, FileSystem, Path } from "effect"
import { Command, Flag } from "effect/cli"
import { fileURLToPath } from "node:url"
import { jsonSchema } from "../config/jsonSchema.ts"
import { decodeText } from "../config/load.ts"
import { builtIn } from "../plugins.ts"
import { reported, usage } from "./failure.ts"
import * as Answers from "./initAnswers.ts"

/** Shipped beside the code; the tests decode it. */
export const example = fileURLToPath(new URL("../../batch-exports.example.yaml", import.meta.url))

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
    const filled = asks ? Answers.fill(text, yield* Answers.ask(text)) : told ? Answers.fill(text, given) : text
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
    yield* Console.log(
      [
        `Wrote ${flags.output} and ${schema}.`,
        filled === text
          ? "Next: fill in the two servers and teamId; put the passwords into CLICKHOUSE_PASSWORD and POSTGRES_PASSWORD; then"
          : "Next: put the passwords into CLICKHOUSE_PASSWORD and POSTGRES_PASSWORD; then",
        "  batch-exports check events",
        "  batch-exports run events --window <start>/<end>",
        "  batch-exports start",
      ].join("\n"),
    )
  }),
).pipe(
  Command.withDescription(
    "Write an annotated configuration to start from, and its JSON Schema. Asks on a terminal, or takes flags.",
  ),
)

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
