/** Writes one window aside, as one file or several. */
import type { Destination, DestinationError, Run } from "@batch-exports/core"
import { Effect } from "effect"
import type { Config } from "../Config.ts"
import { attempt } from "../errors.ts"
import type { File } from "../manifest/Entry.ts"
import type { Draft } from "../store/Store.ts"
import * as Template from "../template.ts"
import { compressor, extension } from "./compression.ts"
import { Records } from "./Records.ts"

export interface Written {
  readonly window: Destination.Part["window"]
  readonly rows: number
  readonly bytes: number
  readonly files: ReadonlyArray<File>
}

export const write = (
  config: Config,
  run: Run.Run,
  draft: Draft,
  { bytes, window }: Destination.Part,
): Effect.Effect<Written, DestinationError> =>
  attempt(`write below ${config.folder}`, async (signal) => {
    const records = new Records(bytes, signal)
    const files: Array<File> = []
    try {
      while (await records.more()) {
        const place = { run, window, part: files.length + 1, draft: draft.id }
        const path = Template.render(config.template, place) + extension[config.compression]
        const before = { rows: records.rows, bytes: records.bytes }
        const transform = compressor[config.compression]()
        const content = { bytes: records.file(config.splitBytes), ...(transform === undefined ? {} : { transform }) }
        const size = await draft.write(path, content, signal)
        files.push({ path, rows: records.rows - before.rows, bytes: records.bytes - before.bytes, size })
      }
    } finally {
      records.release()
    }
    return { window, rows: records.rows, bytes: records.bytes, files }
  })
