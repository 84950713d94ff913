/** The file destination: JSON Lines, CSV or Parquet in a folder, and a manifest that says which files count. */
import { Destination, type DestinationError, FieldType, type Run } from "@batch-exports/core"
import { Effect, Stream } from "effect"
import { check } from "./check.ts"
import { Config, formats } from "./Config.ts"
import { ledgerRow } from "./manifest/Entry.ts"
import * as Manifest from "./manifest/Manifest.ts"
import { extension } from "./sink/compression.ts"
import { open } from "./sink/open.ts"
import { survey } from "./sink/survey.ts"
import { folder } from "./store/folder.ts"

export const FileDestination: Destination.Plugin = Destination.define<Config>({
  name: "file",
  title: "Files",
  description: "Exports data to JSON Lines, CSV or Parquet files in a folder.",
  Config,
  capabilities: {
    encodings: formats,
    types: FieldType.tags,
    identities: ["Append"],
    modes: ["once", "force"],
    visibility: "window",
    ledger: "transactional",
    target: "stream",
  },
  form: ["folder", "template", "compression"],
  check,
  plan: (config, run) => plan(config, run),
  ledger: (config, exportName) =>
    Stream.unwrap(
      Effect.map(Manifest.read(folder(config.folder), exportName), ({ windows }) =>
        Stream.fromIterable(windows.map((window) => ledgerRow(exportName, window))),
      ),
    ),
  place: (config) => `folder ${config.folder}`,
  open,
})

const plan = (config: Config, run: Run.Run): Effect.Effect<Destination.Plan, DestinationError> =>
  Effect.map(survey(folder(config.folder), config, run), ({ missing, notices, projection }) => ({
    projection,
    target: `folder ${config.folder}, files ${config.template}${extension(config)}`,
    create: [],
    missing,
    notices,
  }))
