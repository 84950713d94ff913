/** Where things are in the folder, and the two operations that make a name durable or take it away. */
import { mkdir, open, rmdir } from "node:fs/promises"
import { dirname, join, relative } from "node:path"
import { codeOf } from "../errors.ts"
import { reserved } from "../template.ts"
import * as Owner from "./Owner.ts"

export const staging = (root: string): string => join(root, reserved, "staging")

/** Of one attempt: `export.json`, `files/` as they will be named, entries, and in `swept/` what it removes. */
export const draft = (root: string, id: string): string => join(staging(root), Owner.format(Owner.self(id)))

/** A name is durable when its folder is: fsync(2) of the file alone does not promise that. */
export const syncFolder = async (folder: string): Promise<void> => {
  const handle = await open(folder, "r")
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** From a folder up to the root. */
export const upTo = (root: string, folder: string): ReadonlyArray<string> => {
  const found = [folder]
  for (let at = folder; at !== root && !relative(root, at).startsWith("..");) {
    at = dirname(at)
    found.push(at)
  }
  return found
}

/** Removes a folder and the ones above it, below the root, for as long as they are empty. */
export const removeEmpty = async (root: string, folder: string): Promise<void> => {
  for (const each of upTo(root, folder)) {
    if (each === root) return
    const done = await rmdir(each).then(
      () => true,
      () => false,
    )
    if (!done) return
  }
}

/** Another attempt may remove an empty folder just made: then it is made again. */
export const inFolder = async <A>(folder: string, work: () => Promise<A>): Promise<A> => {
  for (let left = 5; ; left--) {
    await mkdir(folder, { recursive: true })
    try {
      return await work()
    } catch (error) {
      if (codeOf(error) !== "ENOENT" || left === 0) throw error
    }
  }
}
