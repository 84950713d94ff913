/** A folder on a disk as a `Store`. */
import { Effect } from "effect"
import { readdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import { attempt, codeOf } from "../errors.ts"
import { begin, unpublish } from "./draft.ts"
import type { Store } from "./Store.ts"
import { sweep } from "./sweep.ts"

export const folder = (root: string): Store => ({
  location: root,
  list: (name) => attempt(`list ${join(root, name)}`, () => orNone(readdir(join(root, name)), [])),
  get: (name) => attempt(`read ${join(root, name)}`, () => orNone(readFile(join(root, name)), undefined)),
  remove: (names) => Effect.promise(() => unpublish(root, names)),
  begin: (exportName) => begin(root, exportName),
  sweep: (fate) => sweep(root, fate),
})

const orNone = <A, B>(reading: Promise<A>, none: B): Promise<A | B> =>
  reading.catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return none
    throw error
  })
