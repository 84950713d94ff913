/**
 * A program that exports one hour, and before each of its changes of the file system copies the folder to
 * `<copies>/<number of the change>`; right before change `last` it kills itself with SIGKILL.
 * `node killed.ts <folder> <copies> <last> <settings>`
 */
import { Effect } from "effect"
import { cpSync, existsSync } from "node:fs"
import fs, { type FileHandle } from "node:fs/promises"
import { syncBuiltinESMExports } from "node:module"
import { join } from "node:path"
import { configure, exportOnce } from "./run.ts"

const [folder = "", copies = "", last = "0", settings = "{}"] = process.argv.slice(2)
let changes = 0

const counted = <F extends (...values: Array<never>) => unknown>(change: F): F =>
  function (this: unknown, ...values: Parameters<F>) {
    changes += 1
    if (copies !== "" && existsSync(folder)) cpSync(folder, join(copies, String(changes)), { recursive: true })
    if (changes === Number(last)) process.kill(process.pid, "SIGKILL")
    return change.apply(this, values)
  } as F

for (const name of ["mkdir", "link", "rename", "rm", "rmdir", "writeFile", "open"] as const) {
  Object.assign(fs, { [name]: counted(fs[name] as never) })
}
const probe = await fs.open(process.execPath, "r")
const handles = Object.getPrototypeOf(probe) as FileHandle
await probe.close()
for (const name of ["write", "writeFile", "sync"] as const) {
  Object.assign(handles, { [name]: counted(handles[name] as never) })
}
syncBuiltinESMExports()
changes = 0

await Effect.runPromise(exportOnce(configure(folder, JSON.parse(settings) as Record<string, unknown>)))
process.stdout.write(String(changes))
