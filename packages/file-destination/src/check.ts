/** Tries what a run needs of the folder, with files that are gone afterwards. */
import { type CheckStep, DestinationError } from "@batch-exports/core"
import { Clock, Effect, Queue, Stream } from "effect"
import { randomBytes } from "node:crypto"
import { link, open, rm, stat, statfs } from "node:fs/promises"
import { dirname, join } from "node:path"
import type { Config } from "./Config.ts"
import { attempt, codeOf } from "./errors.ts"
import { syncFolder } from "./store/paths.ts"

export const check = (config: Config): Stream.Stream<CheckStep> =>
  Stream.callback<CheckStep>((queue) =>
    steps(config, (step) => Queue.offer(queue, step)).pipe(Effect.ignore, Effect.ensuring(Queue.end(queue))),
  )

type Report = (step: CheckStep) => Effect.Effect<unknown>

const steps = Effect.fnUntraced(function* (config: Config, report: Report) {
  const existing = yield* step(report, "folder", "The folder is there, or can be made", nearest(config.folder), (at) =>
    at === config.folder ? at : `${config.folder} will be made in ${at}`,
  )
  const file = join(existing, `.batch-exports-check-${randomBytes(6).toString("hex")}`)
  yield* Effect.gen(function* () {
    const write = attempt(`write into ${existing}`, () => writeTrial(file, existing))
    yield* step(report, "write", "Files can be written and made durable", write, () => undefined)
    const publish = attempt(`give a file in ${existing} a second name`, () => linkTrial(file))
    yield* step(report, "publish", "A name is given only once", publish, () => undefined)
    const space = attempt(`ask for the space in ${existing}`, () => statfs(existing))
    yield* step(report, "space", "There is space", Effect.flatMap(space, some), (free) => `${format(free)} free`)
  }).pipe(Effect.ensuring(Effect.promise(() => remove(file))))
})

const step = Effect.fnUntraced(function* <A>(
  report: Report,
  id: string,
  title: string,
  effect: Effect.Effect<A, DestinationError>,
  detail: (value: A) => string | undefined,
) {
  const started = yield* Clock.currentTimeMillis
  const result = yield* Effect.result(effect)
  const durationMillis = (yield* Clock.currentTimeMillis) - started
  if (result._tag === "Failure") {
    const { message, remedy } = result.failure
    yield* report({ id, title, status: "failed", detail: message, remedy, durationMillis })
    return yield* result.failure
  }
  const said = detail(result.success)
  yield* report({ id, title, status: "passed", durationMillis, ...(said === undefined ? {} : { detail: said }) })
  return result.success
})

/** The folder, or the folder in which it would be made. */
const nearest = (folder: string): Effect.Effect<string, DestinationError> =>
  attempt(`use ${folder}`, async () => {
    for (let at = folder; ; at = dirname(at)) {
      const found = await stat(at).catch((error: unknown) => {
        if (codeOf(error) === "ENOENT" && at !== dirname(at)) return undefined
        throw error
      })
      if (found?.isDirectory() === true) return at
      if (found !== undefined) throw Object.assign(new Error(), { code: "ENOTDIR" })
    }
  })

const writeTrial = async (file: string, folder: string): Promise<void> => {
  const handle = await open(file, "wx")
  try {
    await handle.writeFile("check\n")
    await handle.sync()
  } finally {
    await handle.close()
  }
  await syncFolder(folder)
}

/** Exactly-once delivery rests on the second one failing. */
const linkTrial = async (file: string): Promise<void> => {
  await link(file, `${file}-2`)
  const again = await link(file, `${file}-2`).then(
    () => undefined,
    (error: unknown) => codeOf(error),
  )
  if (again !== "EEXIST") throw Object.assign(new Error(), { code: "ENOTSUP" })
}

const remove = async (file: string): Promise<void> => {
  for (const name of [file, `${file}-2`]) await rm(name, { force: true }).catch(() => undefined)
}

const some = ({ bavail, bsize }: { readonly bavail: number; readonly bsize: number }) =>
  bavail > 0
    ? Effect.succeed(bavail * bsize)
    : Effect.fail(
        new DestinationError({
          reason: "DiskFull",
          message: "no space is left",
          remedy: "Make room on the folder's disk.",
        }),
      )

const format = (bytes: number): string => `${(bytes / 1_073_741_824).toFixed(1)} GiB`
