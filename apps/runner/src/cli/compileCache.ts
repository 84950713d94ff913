/**
 * Node's compile cache: half of what a short command costs is compiling the same modules as the last time. What is in the
 * cache is run as code, so it lies where only its user can write; without such a place there is no cache, and no complaint.
 */
import { lstatSync, mkdirSync } from "node:fs"
import { enableCompileCache } from "node:module"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly platform: NodeJS.Platform
  /** URL of a module in `src` or `dist`. */
  readonly module: string
  readonly home: () => string
}

/** Where the cache lies. Undefined: Node has been told already, by its own variables. */
export const place = ({ env, home, module, platform }: Surroundings): string | undefined => {
  if (env["NODE_DISABLE_COMPILE_CACHE"] === "1" || (env["NODE_COMPILE_CACHE"] ?? "") !== "") return undefined
  // Sources run in a clone only, which has a folder for such things.
  if (module.endsWith(".ts")) return fileURLToPath(new URL("../../../node_modules/.cache/batch-exports", module))
  const caches = env["XDG_CACHE_HOME"]
  if (caches !== undefined && caches.startsWith("/")) return join(caches, "batch-exports")
  if (platform === "win32") return join(env["LOCALAPPDATA"] ?? home(), "batch-exports", "cache")
  return join(home(), platform === "darwin" ? "Library/Caches" : ".cache", "batch-exports")
}

/** Made if need be; false where others could write. */
const isPrivate = (folder: string): boolean => {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const { mode, uid } = lstatSync(folder)
  return process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0)
}

export const useCompileCache = (surroundings: Surroundings): void => {
  try {
    const folder = place(surroundings)
    if (folder !== undefined && isPrivate(folder)) enableCompileCache(folder)
  } catch {
    // No home, a full disk, a file system that cannot be written to: the command runs all the same.
  }
}
