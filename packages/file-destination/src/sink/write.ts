/** Writes one window aside, as one file or several. */
import { type Destination, DestinationError, Parquet, type Projection, type Run } from "@batch-exports/core"
import { Effect } from "effect"
import { type Config, presetSplit } from "../Config.ts"
import { attempt } from "../errors.ts"
import type { File } from "../manifest/Entry.ts"
import type { Draft } from "../store/Store.ts"
import * as Template from "../template.ts"
import { compressor, extension } from "./compression.ts"
import { noLines, plainLines, quotedLines, Records } from "./Records.ts"

export interface Written {
  readonly window: Destination.Part["window"]
  readonly rows: number
  /** As the source sent them. */
  readonly bytes: number
  readonly files: ReadonlyArray<File>
}

interface Request {
  readonly config: Config
  readonly run: Run.Run
  readonly draft: Draft
  readonly projection: Projection.Projection
  readonly part: Destination.Part
}

export const write = (request: Request): Effect.Effect<Written, DestinationError> =>
  attempt(`write below ${request.config.folder}`, (signal) =>
    request.config.format === "parquet" ? writeFile(request, signal) : writeLines(request, signal),
  )

const pathOf = ({ config, draft, part, run }: Request, number: number) =>
  Template.render(config.template, { run, window: part.window, part: number, draft: draft.id }) + extension(config)

const writeLines = async (request: Request, signal: AbortSignal): Promise<Written> => {
  const { config, draft, part, projection } = request
  const isCsv = config.format === "csv"
  const records = new Records(part.bytes, isCsv ? quotedLines() : plainLines(), signal)
  const names = isCsv ? Buffer.from(namesOf(projection)) : undefined
  const files: Array<File> = []
  try {
    while (await records.more()) {
      const path = pathOf(request, files.length + 1)
      const before = { rows: records.rows, bytes: records.bytes }
      const transform = compressor(config)
      const lines = records.file(config.splitBytes ?? presetSplit)
      const bytes = names === undefined ? lines : below(names, lines)
      const size = await draft.write(path, { bytes, ...(transform === undefined ? {} : { transform }) }, signal)
      const written = records.bytes - before.bytes + (names?.length ?? 0)
      files.push({ path, rows: records.rows - before.rows, bytes: written, size })
    }
  } finally {
    records.release()
  }
  return { window: part.window, rows: records.rows, bytes: records.bytes, files }
}

/** As values are written: in quotes. */
const namesOf = ({ columns }: Projection.Projection) =>
  `${columns.map(({ field }) => `"${field.name.replaceAll('"', '""')}"`).join(",")}\n`

async function* below(first: Uint8Array, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  yield first
  yield* rest
}

/** Counted by what arrived on the disk: the file's own end says how many records are in it, and whether it is whole. */
const writeFile = async (request: Request, signal: AbortSignal): Promise<Written> => {
  const { draft, part } = request
  const path = pathOf(request, 1)
  const records = new Records(part.bytes, noLines, signal)
  const size = await draft
    .write(path, { bytes: records.file(Number.MAX_SAFE_INTEGER) }, signal)
    .finally(() => records.release())
  const { endLength } = Parquet
  const metadata = Parquet.metadataLength(await draft.read(path, Math.max(0, size - endLength), endLength))
  const start = size - endLength - (metadata ?? 0)
  const footer =
    metadata === undefined || start < 0 ? undefined : Parquet.readMetadata(await draft.read(path, start, metadata))
  if (footer === undefined || metadata === undefined || !Parquet.isWhole(footer, size, metadata)) {
    throw new DestinationError({
      reason: "CountMismatch",
      message: `what the source sent for ${path} is no whole Parquet file`,
      remedy: "Nothing was published. If it happens again, report it to the author of the source.",
    })
  }
  return {
    window: part.window,
    rows: footer.rows,
    bytes: size,
    files: [{ path, rows: footer.rows, bytes: size, size }],
  }
}
