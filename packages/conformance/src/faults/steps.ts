/**
 * Counts what this process does to the world outside it — writes to sockets and files, renames, syncs — and can kill it
 * with `kill -9` right after any of them. For child processes only: it replaces functions of Node.
 */
import fs from "node:fs"
import { syncBuiltinESMExports } from "node:module"
import net from "node:net"

let counting = false
let done = 0
let last = Number.POSITIVE_INFINITY

/** From now on; the process dies right after step `dieAfter` (the first is 1). */
export const count = (dieAfter = Number.POSITIVE_INFINITY): void => {
  counting = true
  done = 0
  last = dieAfter
}

export const counted = (): number => done

const step = (): void => {
  if (!counting) return
  done += 1
  if (done >= last) process.kill(process.pid, "SIGKILL")
}

type Methods = Record<string, ((...args: ReadonlyArray<unknown>) => unknown) | undefined>

const replace = (owner: object, names: ReadonlyArray<string>): void => {
  const methods = owner as Methods
  for (const name of names) {
    const original = methods[name]
    if (typeof original !== "function") continue
    methods[name] = function (this: unknown, ...args: ReadonlyArray<unknown>) {
      const callback = args.at(-1)
      if (typeof callback === "function" && !name.startsWith("_")) {
        const then = (...results: ReadonlyArray<unknown>) => {
          step()
          callback(...results)
        }
        return original.apply(this, [...args.slice(0, -1), then])
      }
      const result = original.apply(this, [...args])
      if (result instanceof Promise) {
        return result.then((value: unknown) => {
          step()
          return value
        })
      }
      step()
      return result
    }
  }
}

const changes = [
  "appendFile",
  "copyFile",
  "cp",
  "link",
  "mkdir",
  "open",
  "rename",
  "rm",
  "rmdir",
  "symlink",
  "truncate",
  "unlink",
  "writeFile",
]
const descriptors = ["write", "writev", "fsync", "fdatasync", "ftruncate"]

/** Before anything that is to be counted is imported. */
export const install = async (): Promise<void> => {
  const file = await fs.promises.open(process.execPath, "r")
  await file.close()
  replace(Object.getPrototypeOf(file) as object, [
    "appendFile",
    "datasync",
    "sync",
    "truncate",
    "write",
    "writeFile",
    "writev",
  ])
  replace(fs.promises, changes)
  replace(fs, [...changes, ...descriptors])
  replace(
    fs,
    [...changes, ...descriptors].map((name) => `${name}Sync`),
  )
  // Every socket, of TLS too, and every way to write into one.
  replace(net.Socket.prototype, ["_writeGeneric", "connect"])
  syncBuiltinESMExports()
}
