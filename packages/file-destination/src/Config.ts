/** The configuration of a file destination, as the user writes it. Decoded without I/O. */
import { Effect, Schema } from "effect"
import { isAbsolute } from "node:path"
import * as Template from "./template.ts"

export const compressions = ["none", "gzip", "zstd"] as const

export type Compression = (typeof compressions)[number]

export const Config = Schema.Struct({
  folder: Schema.String.annotate({
    title: "Folder",
    description: "The absolute path of the folder to export to. It is created when it does not exist.",
  }).check(
    Schema.makeFilter((path: string) =>
      isAbsolute(path) && !path.includes("\0") ? undefined : 'must be an absolute path, such as "/var/exports"',
    ),
  ),
  template: Schema.String.annotate({
    title: "File names",
    description: `The path of a file below the folder, without extension: ${Object.keys(Template.tokens)
      .map((token) => `{${token}}`)
      .join(", ")}.`,
    default: Template.preset,
  })
    .check(Schema.makeFilter((template: string) => Template.problem(template)))
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed(Template.preset))),
  compression: Schema.Literals(compressions)
    .annotate({ title: "Compression", description: "How files are compressed.", default: "none" })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed("none" as const))),
  splitBytes: Schema.Int.annotate({
    title: "Split at",
    description:
      "A file ends with the record with which it reaches this size. In bytes, before compression; records stay whole.",
    default: 1_073_741_824,
  })
    .check(Schema.isBetween({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }))
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed(1_073_741_824))),
  fields: Schema.Literals(["created", "all"])
    .annotate({
      title: "Fields",
      description: "created: the fields that a new table would get. all: every field that the model knows.",
      default: "created",
    })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed("created" as const))),
})

export interface Config extends Schema.Schema.Type<typeof Config> {}
