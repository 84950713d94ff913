/** The configuration of a file destination, as the user writes it. Decoded without I/O. */
import { Effect, Schema } from "effect"
import { isAbsolute } from "node:path"
import * as Template from "./template.ts"

export const formats = ["jsonl", "csv", "parquet"] as const

export type Format = (typeof formats)[number]

/** A file ends with the record with which it reaches so many bytes. */
export const presetSplit = 1_073_741_824

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
    aside: true,
    description: `The path of a file below the folder, without extension: ${Object.keys(Template.tokens)
      .map((token) => `{${token}}`)
      .join(", ")}.`,
    default: Template.preset,
  })
    .check(Schema.makeFilter((template: string) => Template.problem(template)))
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed(Template.preset))),
  format: Schema.Literals(formats)
    .annotate({
      title: "Format",
      aside: true,
      description:
        "What files hold. jsonl: one object for each record. csv: with a line of names. parquet: one file for each window.",
      default: "jsonl",
    })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed("jsonl" as const))),
  compression: Schema.Literals(compressions)
    .annotate({
      title: "Compression",
      aside: true,
      description: "How files are compressed: as a whole, or within themselves where they are parquet.",
      default: "none",
    })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed("none" as const))),
  splitBytes: Schema.optionalKey(
    Schema.Int.annotate({
      title: "Split at",
      aside: true,
      description:
        "A file ends with the record with which it reaches this size. In bytes, before compression; records stay whole. Not of parquet.",
      default: presetSplit,
    }).check(Schema.isBetween({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })),
  ),
  fields: Schema.Literals(["created", "all"])
    .annotate({
      title: "Fields",
      aside: true,
      description: "created: the fields that a new table would get. all: every field that the model knows.",
      default: "created",
    })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed("created" as const))),
}).check(
  Schema.makeFilter(({ format, splitBytes }) =>
    format === "parquet" && splitBytes !== undefined
      ? {
          path: ["splitBytes"],
          issue: "is not for parquet, which is written as one file for each window: choose shorter windows",
        }
      : undefined,
  ),
)

export interface Config extends Schema.Schema.Type<typeof Config> {}
