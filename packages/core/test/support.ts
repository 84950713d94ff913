/** A source in memory for tests of `exportWindow`: its bytes, and each way in which they can go wrong. */
import { DateTime, Effect } from "effect"
import {
  FieldType,
  type Model,
  type Projection,
  RecordSchema,
  Run,
  type Source,
  SourceError,
  Window,
} from "@batch-exports/core"

export const model: Model.Model = {
  name: "things",
  description: "Things",
  schema: RecordSchema.make(
    { name: "id", type: FieldType.int64, nullable: false, description: "", created: true },
    { name: "label", type: FieldType.text(20), nullable: true, description: "", created: true },
    { name: "extra", type: FieldType.text(), nullable: true, description: "", created: false },
  ),
  identity: { _tag: "Append", dedupeKey: ["id"] },
}

export const window = (from: string, to: string): Window.Window =>
  new Window.Window({ start: DateTime.makeUnsafe(from), end: DateTime.makeUnsafe(to) })

export const hour = (start: number, hours = 1): Window.Window =>
  new Window.Window({ start: DateTime.makeUnsafe(at(start)), end: DateTime.makeUnsafe(at(start + hours)) })

const at = (hours: number) => Date.UTC(2026, 0, 31, hours)

export interface Behaviour {
  readonly chunkSize?: number
  /** Throws a SourceError after this many bytes. */
  readonly breakAfter?: number
  /** Added to the announced number of rows. */
  readonly miscount?: number
  readonly now?: DateTime.Utc
  readonly watermark?: DateTime.Utc
}

/** Five rows for each hour of a window, cut into chunks of any size. */
export const source = (behaviour: Behaviour = {}): Source.Opened & { readonly reads: Array<Window.Window> } => {
  const reads: Array<Window.Window> = []
  return {
    reads,
    encodings: ["jsonl"],
    model,
    definition: "d1",
    now: Effect.succeed(behaviour.now ?? DateTime.makeUnsafe("2026-02-01T00:00:00Z")),
    ...(behaviour.watermark === undefined ? {} : { watermark: Effect.succeed(behaviour.watermark) }),
    read: ({ projection, window: part }) =>
      Effect.sync(() => {
        reads.push(part)
        const rows = rowsOf(part)
        const bytes = encode(projection, rows)
        let failure: SourceError | undefined
        let ended = false
        const iterate = async function* () {
          const step = behaviour.chunkSize ?? bytes.length
          for (let from = 0; from < bytes.length; from += step) {
            if (behaviour.breakAfter !== undefined && from >= behaviour.breakAfter) {
              failure = new SourceError({ reason: "SourceIncomplete", message: "cut off", remedy: "Try again." })
              throw failure
            }
            yield bytes.subarray(from, from + step)
          }
          ended = true
        }
        return {
          bytes: iterate(),
          failure: () => failure,
          tally: Effect.suspend(() =>
            ended
              ? Effect.succeed({ ...Run.emptyTally, rows: rows.length + (behaviour.miscount ?? 0) })
              : Effect.fail(new SourceError({ reason: "SourceIncomplete", message: "not read", remedy: "Try again." })),
          ),
        }
      }),
  }
}

export const rowsOf = (part: Window.Window): Array<Row> => {
  const rows: Array<Row> = []
  for (let at = part.start.epochMilliseconds; at < part.end.epochMilliseconds; at += 3_600_000) {
    for (let n = 0; n < 5; n++) rows.push({ id: BigInt(at + n), label: n === 0 ? null : `é😀 ${n}` })
  }
  return rows
}

// A type, not an interface: only that is a record as well.
type Row = { readonly id: bigint; readonly label: string | null }

const encode = ({ columns }: Projection.Projection, rows: ReadonlyArray<Row>): Uint8Array => {
  const names = columns.map(({ field }) => field.name)
  const line = (row: Row) => {
    const values: Readonly<Record<string, unknown>> = { id: String(row.id), label: row.label }
    return `${JSON.stringify(Object.fromEntries(names.map((name) => [name, values[name] ?? null])))}\n`
  }
  return Buffer.from(rows.map(line).join(""))
}
