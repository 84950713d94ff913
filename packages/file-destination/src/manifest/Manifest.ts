/** The ledger of one export: what its manifest says now, and the next entry. */
import { DestinationError, Window } from "@batch-exports/core"
import { DateTime, Effect } from "effect"
import type { Store } from "../store/Store.ts"
import { reserved, slug } from "../template.ts"
import * as Entry from "./Entry.ts"

export interface Manifest {
  readonly export: string
  /** Of the newest entry; 0 where there is none. */
  readonly number: number
  /** What readers see, in order of start. None overlaps another. */
  readonly windows: ReadonlyArray<Entry.Committed>
}

export const folderOf = (exportName: string): string => `${reserved}/manifest/${slug(exportName)}`

export const nameOf = (exportName: string, number: number): string =>
  `${folderOf(exportName)}/${String(number).padStart(10, "0")}.json`

export const read = Effect.fn("readManifest")(function* (
  store: Store,
  exportName: string,
): Effect.fn.Return<Manifest, DestinationError> {
  const names = yield* store.list(folderOf(exportName))
  const newest = names.reduce((most, name) => {
    const number = /^(\d{10})\.json$/.exec(name)?.[1]
    return number === undefined ? most : Math.max(most, Number(number))
  }, 0)
  const windows: Array<Entry.Committed> = []
  for (let number = newest; number > 0;) {
    const entry = yield* readEntry(store, exportName, number)
    windows.push(...entry.windows)
    // Also ends the loop where an entry names itself.
    number = Math.min(entry.after, number - 1)
  }
  return { export: exportName, number: newest, windows: visible(windows) }
})

const readEntry = Effect.fnUntraced(function* (store: Store, exportName: string, number: number) {
  const name = nameOf(exportName, number)
  const where = `${store.location}/${name}`
  const bytes = yield* store.get(name)
  // Absent, it is read as an empty file: damaged.
  return yield* Entry.read(Buffer.from(bytes ?? []).toString("utf8"), { export: exportName, number, where })
})

/** Of windows that overlap, the one with the highest number counts. It holds the others whole: no other is ever committed. */
export const visible = (windows: ReadonlyArray<Entry.Committed>): ReadonlyArray<Entry.Committed> => {
  const ordered = [...windows].sort(
    (a, b) => a.start.epochMilliseconds - b.start.epochMilliseconds || b.number - a.number,
  )
  const seen: Array<Entry.Committed> = []
  for (const window of ordered) {
    const last = seen.at(-1)
    if (last === undefined || DateTime.isGreaterThanOrEqualTo(window.start, last.end)) seen.push(window)
  }
  return seen
}

/** The entry that adds `windows`, with what the entries between `after` and it said. */
export const next = (
  manifest: Manifest,
  windows: ReadonlyArray<Omit<Entry.Committed, "number" | "committedAt">>,
  committedAt: DateTime.Utc,
): Entry.Entry => {
  const number = manifest.number + 1
  const after = Entry.after(number)
  const added = windows.map((window) => ({ ...window, number, committedAt }))
  return {
    format: "batch-exports-manifest",
    version: 1,
    export: manifest.export,
    number,
    after,
    windows: visible([...manifest.windows.filter((window) => window.number > after), ...added]),
  }
}

/** What the ledger lacks of a window. */
export const missing = (manifest: Manifest, window: Window.Window): ReadonlyArray<Window.Window> =>
  Window.subtract(window, manifest.windows.map(Entry.windowOf))

/** The files of committed windows that lie within another: it takes their place. */
export const filesWithin = (
  manifest: Manifest,
  { end, start }: { readonly start: DateTime.Utc; readonly end: DateTime.Utc },
): ReadonlyArray<string> =>
  manifest.windows
    .filter(
      (committed) =>
        DateTime.isGreaterThanOrEqualTo(committed.start, start) && DateTime.isLessThanOrEqualTo(committed.end, end),
    )
    .flatMap(({ files }) => files.map(({ path }) => path))

/** Committed windows that reach over an end of `window`. */
export const straddling = (manifest: Manifest, window: Window.Window): ReadonlyArray<Entry.Committed> =>
  manifest.windows.filter(
    (committed) =>
      Window.overlaps(Entry.windowOf(committed), window) &&
      (DateTime.isLessThan(committed.start, window.start) || DateTime.isGreaterThan(committed.end, window.end)),
  )
