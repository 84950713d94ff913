/** `batch-exports init` and `batch-exports schema`: a configuration to start from, and its JSON Schema for editors. */
import { Console, Effect, FileSystem, Path } from "effect"
import { Command, Flag } from "effect/cli"
import { fileURLToPath } from "node:url"
import { jsonSchema } from "../config/jsonSchema.ts"
import { builtIn } from "../plugins.ts"
import { usage } from "./failure.ts"

/** Shipped beside the code; the tests decode it. */
export const example = fileURLToPath(new URL("../../batch-exports.example.yaml", import.meta.url))

const output = (description: string) =>
  Flag.String("output").pipe(Flag.withAlias("o"), Flag.withDescription(description))

export const init = Command.make(
  "init",
  { output: output("The file to write (default: batch-exports.yaml)").pipe(Flag.withDefault("batch-exports.yaml")) },
  Effect.fn("init")(function* (flags) {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const schema = path.join(path.dirname(flags.output), "batch-exports.schema.json")
    const text = yield* fs.readFileString(example)
    // `wx` refuses a file that exists: nobody's configuration is overwritten.
    yield* fs
      .writeFileString(flags.output, text, { flag: "wx" })
      .pipe(
        Effect.catch(() =>
          usage(`${flags.output} cannot be written, or is there already. Name another with --output.`),
        ),
      )
    yield* writeSchema(schema)
    yield* Console.log(
      [
        `Wrote ${flags.output} and ${schema}.`,
        "Next: fill in the two servers and teamId, then",
        "  batch-exports check events",
        "  batch-exports run events --window <start>/<end>",
      ].join("\n"),
    )
  }),
).pipe(Command.withDescription("Write an annotated configuration to start from, and its JSON Schema"))

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
