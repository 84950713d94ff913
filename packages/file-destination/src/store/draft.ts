/**
 * One attempt to add to the folder. Everything is written aside, made durable, and then linked to its name. A draft whose
 * folder was taken away by a sweep can link nothing any more; therefore its folder is made once and never again.
 */
import { DestinationError } from "@batch-exports/core"
import { Duration, Effect, Schedule, type Scope } from "effect"
import { randomBytes } from "node:crypto"
import { link, mkdir, open, rm, stat, utimes, writeFile } from "node:fs/promises"
import { dirname, join, relative, sep } from "node:path"
import type { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { attempt, classify, codeOf } from "../errors.ts"
import { reserved } from "../template.ts"
import { heartbeat } from "./Owner.ts"
import * as paths from "./paths.ts"
import type { Content, Draft } from "./Store.ts"

/** What came of `putIfAbsent`: nothing yet, the commit, or no way to tell. */
type Fate = "undecided" | "committed" | "unknown"

export const begin = (root: string, exportName: string): Effect.Effect<Draft, never, Scope.Scope> =>
  Effect.gen(function* () {
    const attempted = new FolderDraft(root, exportName)
    yield* Effect.addFinalizer(() => Effect.promise(() => attempted.close()))
    yield* Effect.forkScoped(
      Effect.repeat(
        Effect.promise(() => attempted.showLife()),
        Schedule.spaced(Duration.millis(heartbeat)),
      ),
    )
    return {
      id: attempted.id,
      write: (name, content, signal) => attempted.write(name, content, signal),
      read: (name, from, length) => attempted.read(name, from, length),
      publish: attempt(`publish files in ${root}`, () => attempted.publish()),
      // Interrupted between the link and its answer, nobody would know that it is committed.
      putIfAbsent: (name, bytes) =>
        Effect.uninterruptible(
          Effect.tryPromise({
            try: () => attempted.putIfAbsent(name, bytes),
            catch: (cause) => classify(cause, `write the manifest in ${root}`),
          }),
        ),
    } satisfies Draft
  })

class FolderDraft {
  readonly id = randomBytes(6).toString("hex")
  readonly #root: string
  readonly #export: string
  readonly #names: Array<string> = []
  #begun: Promise<string> | undefined
  #writing: Promise<unknown> = Promise.resolve()
  #publishing: Promise<unknown> = Promise.resolve()
  #fate: Fate = "undecided"
  #entries = 0
  /** The topmost folder that this attempt made for the root to be in. */
  #made: string | undefined

  constructor(root: string, exportName: string) {
    this.#root = root
    this.#export = exportName
  }

  /** The draft's folder, made at the first call. */
  #folder(): Promise<string> {
    this.#begun ??= this.#begin()
    return this.#begun
  }

  async #begin(): Promise<string> {
    this.#made = await makeRoot(this.#root)
    const folder = paths.draft(this.#root, this.id)
    await paths.inFolder(paths.staging(this.#root), () => mkdir(folder))
    await writeFile(join(folder, "export.json"), JSON.stringify({ export: this.#export }), { flag: "wx" })
    await mkdir(join(folder, "files"))
    return folder
  }

  write(name: string, content: Content, signal: AbortSignal): Promise<number> {
    const writing = this.#write(name, content, signal)
    this.#writing = writing.catch(() => undefined)
    return writing
  }

  async #write(name: string, { bytes, transform }: Content, signal: AbortSignal): Promise<number> {
    const files = join(await this.#folder(), "files")
    await below(files, dirname(name))
    const path = join(files, name)
    // Opened before it is given away: a stream that opens by itself could still do so after it was aborted.
    const handle = await open(path, "wx")
    const to = handle.createWriteStream({ flush: true })
    const from = bytes as unknown as Readable
    await (transform === undefined ? pipeline(from, to, { signal }) : pipeline(from, transform, to, { signal }))
    this.#names.push(name)
    return (await stat(path)).size
  }

  async read(name: string, from: number, length: number): Promise<Uint8Array> {
    const handle = await open(join(await this.#folder(), "files", name), "r")
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, from)
      return buffer.subarray(0, bytesRead)
    } finally {
      await handle.close()
    }
  }

  publish(): Promise<void> {
    const publishing = this.#publish()
    this.#publishing = publishing.catch(() => undefined)
    return publishing
  }

  async #publish(): Promise<void> {
    const folders = new Set<string>()
    for (const name of this.#names) {
      const to = join(this.#root, name)
      await paths.inFolder(dirname(to), () => link(join(paths.draft(this.#root, this.id), "files", name), to))
      for (const folder of paths.upTo(this.#root, dirname(to))) folders.add(folder)
    }
    for (const folder of folders) await paths.syncFolder(folder)
  }

  async putIfAbsent(name: string, bytes: Uint8Array): Promise<boolean> {
    const from = join(await this.#folder(), `entry-${this.#entries++}.json`)
    const to = join(this.#root, name)
    const handle = await open(from, "wx")
    try {
      await handle.writeFile(bytes)
      await handle.sync()
    } finally {
      await handle.close()
    }
    try {
      await paths.inFolder(dirname(to), () => link(from, to))
    } catch (error) {
      if (codeOf(error) === "EEXIST" && !(await sameFile(from, to))) return false
      if (codeOf(error) !== "EEXIST") await this.#rule(from, to, error)
    }
    this.#fate = "unknown"
    try {
      for (const folder of paths.upTo(this.#root, dirname(to))) await paths.syncFolder(folder)
    } catch (error) {
      throw unknown(to, error)
    }
    this.#fate = "committed"
    return true
  }

  /** A failing link may have been made all the same, as over a network. Returns when it was, and fails when it was not. */
  async #rule(from: string, to: string, error: unknown): Promise<void> {
    const made = await sameFile(from, to).catch((cause: unknown) => cause)
    if (made === true) return
    if (made === false) throw error
    this.#fate = "unknown"
    throw unknown(to, error)
  }

  async showLife(): Promise<void> {
    if (this.#begun === undefined) return
    const now = new Date()
    await this.#begun
      .then((folder) => utimes(folder, now, now))
      // Nothing depends on it: the next write finds out what is the matter.
      .catch(() => undefined)
  }

  /** What cannot be removed now is swept by a later run. */
  async close(): Promise<void> {
    await Promise.all([this.#writing, this.#publishing])
    if (this.#begun === undefined || this.#fate === "unknown") return
    await this.#begun.catch(() => undefined)
    if (this.#fate === "undecided") await unpublish(this.#root, this.#names)
    await rm(paths.draft(this.#root, this.id), { recursive: true, force: true }).catch(() => undefined)
    await paths.removeEmpty(this.#root, paths.staging(this.#root))
    if (this.#made !== undefined) await paths.removeEmpty(dirname(this.#made), this.#root)
  }
}

/** Takes the names of a draft's files away. They are unique to the draft, so nobody else's can be meant. */
export const unpublish = async (root: string, names: Iterable<string>): Promise<void> => {
  for (const name of names) {
    await rm(join(root, name), { force: true }).catch(() => undefined)
    await paths.removeEmpty(root, dirname(join(root, name)))
  }
}

/** Durable, since the manifest's own fsyncs end at the root. */
const makeRoot = async (root: string): Promise<string | undefined> => {
  const made = await mkdir(root, { recursive: true })
  if (made !== undefined) for (const folder of paths.upTo(dirname(made), root)) await paths.syncFolder(folder)
  return made
}

/** Folders below `base`, which must be there. */
const below = async (base: string, folder: string): Promise<void> => {
  let at = base
  for (const segment of relative(base, join(base, folder)).split(sep)) {
    if (segment === "") continue
    at = join(at, segment)
    await mkdir(at).catch((error: unknown) => {
      if (codeOf(error) !== "EEXIST") throw error
    })
  }
}

const sameFile = async (a: string, b: string): Promise<boolean> => {
  const first = await stat(a, { bigint: true })
  const second = await stat(b, { bigint: true }).catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return undefined
    throw error
  })
  return second !== undefined && first.ino === second.ino && first.dev === second.dev
}

const unknown = (path: string, cause: unknown): DestinationError => {
  const code = codeOf(cause)
  return new DestinationError({
    reason: "CommitUnknown",
    message: `nobody can say whether ${path} was written: the file system failed just then`,
    remedy: `The next attempt finds out. Look whether the disk that holds ${reserved} is healthy.`,
    ...(code === undefined ? {} : { code }),
  })
}
