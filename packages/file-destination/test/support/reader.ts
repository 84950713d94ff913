/** Reads an export as docs/files.md tells readers to: the manifest first, and only the files that it names. */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { gunzipSync, zstdDecompressSync } from "node:zlib"

interface Entry {
  readonly export: string
  readonly after: number
  readonly windows: ReadonlyArray<EntryWindow>
}

export interface EntryWindow {
  readonly number: number
  readonly start: string
  readonly end: string
  readonly rows: number
  readonly bytes: number
  readonly encoding: string
  readonly compression: string
  readonly files: ReadonlyArray<{ readonly path: string; readonly rows: number; readonly bytes: number }>
}

const manifests = (folder: string) => join(folder, "_batch_exports", "manifest")

/** The folders of all exports' manifests. */
export const exportsIn = (folder: string): ReadonlyArray<string> =>
  existsSync(manifests(folder)) ? readdirSync(manifests(folder)) : []

/** The windows of one export, without those that a later one took the place of. */
export const windowsOf = (folder: string, name: string): ReadonlyArray<EntryWindow> => {
  const all: Array<EntryWindow> = []
  let number = Math.max(0, ...readdirSync(join(manifests(folder), name)).map((file) => Number.parseInt(file, 10)))
  while (number > 0) {
    const file = join(manifests(folder), name, `${String(number).padStart(10, "0")}.json`)
    const entry = JSON.parse(readFileSync(file, "utf8")) as Entry
    all.push(...entry.windows)
    number = entry.after
  }
  return all.filter(
    (window) =>
      !all.some((later) => later.number > window.number && later.start <= window.start && window.end <= later.end),
  )
}

export const allWindows = (folder: string): ReadonlyArray<EntryWindow> =>
  exportsIn(folder).flatMap((name) => windowsOf(folder, name))

const plain: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  none: (bytes) => bytes,
  gzip: (bytes) => gunzipSync(bytes),
  zstd: (bytes) => zstdDecompressSync(bytes),
}

/** The records of a window, all files in order. */
export const content = (folder: string, window: EntryWindow): Buffer =>
  Buffer.concat(
    window.files.map(({ path }) => {
      const bytes = plain[window.compression]?.(readFileSync(join(folder, path))) ?? Buffer.of()
      return window.encoding === "csv" ? withoutNames(bytes) : bytes
    }),
  )

/** A CSV file begins with a line of names, in which quotes may hold line feeds. */
const withoutNames = (bytes: Buffer): Buffer => {
  let quoted = false
  const end = bytes.findIndex((byte) => {
    if (byte === 34) quoted = !quoted
    return byte === 10 && !quoted
  })
  return bytes.subarray(end + 1)
}

/** Every path below the folder that is neither the manifest nor a file that the manifest names, nor a folder above one. */
export const leftovers = (folder: string): ReadonlyArray<string> => {
  if (!existsSync(folder)) return []
  const named = allWindows(folder).flatMap(({ files }) => files.map(({ path }) => path))
  const known = (path: string, isFolder: boolean) =>
    `_batch_exports/manifest/`.startsWith(`${path}/`) ||
    path.startsWith("_batch_exports/manifest/") ||
    (isFolder ? named.some((name) => name.startsWith(`${path}/`)) : named.includes(path))
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .map((entry) => ({
      path: join(entry.parentPath, entry.name).slice(folder.length + 1),
      isFolder: entry.isDirectory(),
    }))
    .filter(({ isFolder, path }) => !known(path, isFolder))
    .map(({ path }) => path)
}
