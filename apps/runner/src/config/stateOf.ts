/** Where a configuration file says that the state is, without reading the rest: a command that looks needs no secrets of servers. */
import { Effect, FileSystem, Path, Redacted, Result } from "effect"
import * as Place from "../store/Place.ts"
import * as Document from "./document.ts"
import { ConfigFileError } from "./load.ts"
import { substitute } from "./substitute.ts"

/** Undefined where the file is not there, or says nothing about it. */
export const stateOf = Effect.fnUntraced(function* (file: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const text = yield* fs.readFileString(file).pipe(Effect.orElseSucceed(() => ""))
  const document = Document.parse(text)
  if (Result.isFailure(document)) return undefined
  const written = member(member(document.success.value, "runner"), "state")
  if (typeof written !== "string") return undefined
  const named = /\$\{file:([^}]*)\}/.exec(written)?.[1]
  const content =
    named === undefined
      ? undefined
      : yield* fs.readFileString(path.resolve(path.dirname(file), named)).pipe(Effect.orElseSucceed(() => undefined))
  const { problems, value } = substitute(
    { runner: { state: written } },
    { env: (name) => process.env[name], file: () => content },
  )
  const fail = (message: string) => {
    const line = document.success.line(["runner", "state"])
    return new ConfigFileError({
      file,
      problems: [{ path: "runner.state", message, ...(line === undefined ? {} : { line }) }],
    })
  }
  if (problems[0] !== undefined) return yield* fail(problems[0].message)
  const url = String(member(member(value, "runner"), "state"))
  const place = Place.parse(Redacted.make(url, { label: "state" }))
  return Result.isSuccess(place) ? place.success : yield* fail(place.failure)
})

const member = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>)[key] : undefined
