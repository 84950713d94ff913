/**
 * One file of the manifest. Entries are numbered from 1 and never change; the newest one is found by its name. Each says
 * which entries before it must be read too, so that a reader needs a few of them and not all.
 */
import { type Destination, DestinationError, Window } from "@batch-exports/core"
import { DateTime, Effect, Result, Schema } from "effect"
import { compressions, formats } from "../Config.ts"

const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))

export const File = Schema.Struct({
  /** Below the folder, with slashes. */
  path: Schema.String,
  rows: Count,
  /** Before compression. */
  bytes: Count,
  /** On disk. */
  size: Count,
})

export interface File extends Schema.Schema.Type<typeof File> {}

/** A committed window and the files that hold its records. */
export const Committed = Schema.Struct({
  number: Count,
  start: Schema.DateTimeUtcFromString,
  end: Schema.DateTimeUtcFromString,
  run: Schema.String,
  draft: Schema.String,
  model: Schema.String,
  definition: Schema.String,
  encoding: Schema.Literals(formats),
  compression: Schema.Literals(compressions),
  rows: Count,
  bytes: Count,
  committedAt: Schema.DateTimeUtcFromString,
  files: Schema.Array(File),
  /** Paths of files that this window took the place of. They are removed. */
  replaced: Schema.Array(Schema.String),
})

export interface Committed extends Schema.Schema.Type<typeof Committed> {}

const Entry = Schema.Struct({
  format: Schema.Literal("batch-exports-manifest"),
  version: Schema.Literal(1),
  export: Schema.String,
  number: Count,
  /** The entry to read next; 0: none. This one speaks for all numbers after that. */
  after: Count,
  windows: Schema.Array(Committed),
})

export interface Entry extends Schema.Schema.Type<typeof Entry> {}

const json = Schema.fromJsonString(Entry)
const decode = Schema.decodeUnknownResult(json)
const encode = Schema.encodeSync(json)

/** One line for each window would be nicer to read; one line in all is what every JSON reader takes. */
export const write = (entry: Entry): Uint8Array => Buffer.from(`${encode(entry)}\n`)

export const read = (
  text: string,
  expected: { readonly export: string; readonly number: number; readonly where: string },
): Effect.Effect<Entry, DestinationError> => {
  const unusable = (what: string) =>
    Effect.fail(
      new DestinationError({
        reason: "LedgerUnusable",
        message: `the manifest ${expected.where} ${what}`,
        remedy: "Restore it from a backup of the folder. Without it nobody knows what has been exported.",
      }),
    )
  const decoded = decode(text)
  if (Result.isFailure(decoded)) return unusable("cannot be read: it is damaged, or of a newer version")
  const entry = decoded.success
  return entry.export !== expected.export || entry.number !== expected.number
    ? unusable(`is that of another export or number: ${JSON.stringify(entry.export)}, ${entry.number}`)
    : Effect.succeed(entry)
}

/**
 * The entry that `number` continues after: `number` less the largest power of 16 that divides it. A reader follows at
 * most 15 entries for each hexadecimal digit of the newest number, and a window is written once for each digit.
 */
export const after = (number: number): number => {
  let span = 1
  while (number % (span * 16) === 0) span *= 16
  return number - span
}

export const windowOf = ({ end, start }: Committed): Window.Window => new Window.Window({ start, end })

export const ledgerRow = (exportName: string, window: Committed): Destination.LedgerRow => ({
  export: exportName,
  window: windowOf(window),
  run: window.run,
  definition: window.definition,
  rows: window.rows,
  bytes: window.bytes,
  committedAt: DateTime.toUtc(window.committedAt),
})
