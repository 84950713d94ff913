/**
 * Removes what dead attempts left. A draft is first moved into the sweeper's own draft: from then on its owner, should it
 * be alive after all, finds none of its paths and can publish nothing, and no second sweeper works on it. Only then is asked
 * what came of it.
 */
import { Effect, Option, Schema } from "effect"
import { randomBytes } from "node:crypto"
import { mkdir, readdir, readFile, rename, rm, stat } from "node:fs/promises"
import { join, relative } from "node:path"
import type { DestinationError } from "@batch-exports/core"
import { attempt } from "../errors.ts"
import { unpublish } from "./draft.ts"
import * as Owner from "./Owner.ts"
import * as paths from "./paths.ts"
import type { FateOf } from "./Store.ts"

export const sweep = (root: string, fateOf: FateOf): Effect.Effect<void, DestinationError> =>
  Effect.gen(function* () {
    const doing = `look for leftovers in ${paths.staging(root)}`
    const dead = yield* attempt(doing, () => abandoned(paths.staging(root)))
    if (dead.length === 0) return yield* Effect.promise(() => paths.removeEmpty(root, paths.staging(root)))
    const id = randomBytes(6).toString("hex")
    const swept = join(paths.draft(root, id), "swept")
    yield* attempt(doing, () => adopt(root, id))
    let done = true
    for (const name of dead) {
      const taken = yield* Effect.promise(() => take(join(paths.staging(root), name), join(swept, name)))
      if (taken && !(yield* clean(root, swept, name, fateOf))) done = false
    }
    // Kept for a later run to judge, once this process has ended.
    if (!done) return
    yield* attempt(doing, () => rm(paths.draft(root, id), { recursive: true, force: true }))
    yield* Effect.promise(() => paths.removeEmpty(root, paths.staging(root)))
  })

const adopt = async (root: string, id: string): Promise<void> => {
  const folder = paths.draft(root, id)
  await paths.inFolder(paths.staging(root), () => mkdir(folder))
  await mkdir(join(folder, "swept"))
}

/** False: another sweeper, or its owner, was quicker. */
const take = (from: string, to: string): Promise<boolean> =>
  rename(from, to).then(
    () => true,
    () => false,
  )

/** False where another export's manifest cannot be read: that must not stop this one. */
const clean = (root: string, parent: string, name: string, fateOf: FateOf): Effect.Effect<boolean> =>
  Effect.gen(function* () {
    const folder = join(parent, name)
    let done = true
    // A sweeper that died in its work.
    for (const inner of yield* Effect.promise(() => names(join(folder, "swept")))) {
      if (!(yield* clean(root, join(folder, "swept"), inner, fateOf))) done = false
    }
    const exportName = yield* Effect.promise(() => readExport(folder))
    const files = yield* Effect.promise(() => filesBelow(join(folder, "files")))
    if (files.length === 0 || exportName === undefined) return done
    const fate = yield* Effect.result(fateOf(exportName, Owner.parse(name)?.draft ?? name))
    if (fate._tag === "Failure") return false
    const { committed, replaced } = fate.success
    yield* Effect.promise(() => unpublish(root, committed ? replaced : files))
    return done
  })

const abandoned = async (staging: string): Promise<ReadonlyArray<string>> => {
  const dead: Array<string> = []
  for (const name of await names(staging)) {
    const owner = Owner.parse(name)
    const seen = await stat(join(staging, name)).catch(() => undefined)
    // What is not named like a draft is not ours.
    if (owner === undefined || seen === undefined) continue
    if (!Owner.isAlive(owner, seen.mtimeMs, Date.now())) dead.push(name)
  }
  return dead
}

const names = (folder: string): Promise<ReadonlyArray<string>> => readdir(folder).catch(() => [])

const decodeExport = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Struct({ export: Schema.String })))

/** Written before any file: a draft without it holds none. */
const readExport = async (folder: string): Promise<string | undefined> => {
  const text = await readFile(join(folder, "export.json"), "utf8").catch(() => "")
  return Option.getOrUndefined(decodeExport(text))?.export
}

const filesBelow = async (folder: string): Promise<ReadonlyArray<string>> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  return entries.filter((entry) => entry.isFile()).map((entry) => relative(folder, join(entry.parentPath, entry.name)))
}
