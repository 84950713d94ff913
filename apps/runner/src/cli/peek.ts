/** `batch-exports peek`: the first records of a window, as they would be sent. Touches no destination. */
import { ExportWindow, FieldType, Model, type Projection, type Source, type Window } from "@batch-exports/core"
import { Console, Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { reported, usage } from "./failure.ts"
import * as Flags from "./flags.ts"

export const peek = Command.make(
  "peek",
  {
    ...Flags.ofExport,
    window: Flags.window,
    limit: Flag.Int("limit").pipe(Flag.withDescription("How many records (default: 5)"), Flag.withDefault(5)),
  },
  Effect.fn("peek")(function* (flags) {
    if (flags.limit < 1) return yield* usage("--limit must be at least 1", flags.json)
    const window = yield* Flags.parseWindow(flags.window, flags.json)
    const definition = yield* Flags.findExport(flags)
    const lines = yield* Effect.gen(function* () {
      const source = yield* definition.source.open
      return yield* first(source, definition.name, window, flags.limit)
    }).pipe(
      Effect.scoped,
      Effect.catch((error) => reported(error, flags.json)),
    )
    if (flags.json) return yield* Console.log(`[${lines.join(",")}]`)
    if (lines.length === 0) yield* Console.error("no records arrived in this window")
    yield* Effect.forEach(lines, (line) => Console.log(line))
  }),
).pipe(Command.withDescription("Show the first records of a window, as JSON Lines"))

/** Closing the scope early ends the query. */
const first = Effect.fnUntraced(function* (source: Source.Opened, name: string, window: Window.Window, limit: number) {
  const run = ExportWindow.makeRun({ source, run: { id: "peek", export: name, window, mode: "once" } })
  const reading = yield* source.read({ run, projection: projection(source.model), window })
  return yield* Effect.tryPromise({
    try: () => take(reading.bytes, limit),
    catch: (cause) => reading.failure() ?? cause,
  }).pipe(Effect.catch((error) => (isSourceError(error) ? Effect.fail(error) : Effect.die(error))))
}, Effect.scoped)

const isSourceError = (error: unknown): error is NonNullable<ReturnType<Source.Reading["failure"]>> =>
  typeof error === "object" && error !== null && "_tag" in error && error._tag === "SourceError"

const take = async (bytes: AsyncIterable<Uint8Array>, limit: number): Promise<ReadonlyArray<string>> => {
  const decoder = new TextDecoder()
  const lines: Array<string> = []
  let rest = ""
  for await (const chunk of bytes) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n")
    rest = parts.pop() ?? ""
    lines.push(...parts)
    if (lines.length >= limit) break
  }
  return lines.slice(0, limit)
}

const projection = (model: Model.Model): Projection.Projection => {
  const identity = Model.identityFields(model)
  const [head, ...tail] = model.schema.fields
  const column = (field: (typeof model.schema.fields)[number]): Projection.Column => ({
    field,
    as: field.type,
    targetType: FieldType.format(field.type),
    unfit: identity.has(field.name) ? "fail" : "nearest",
  })
  return { encoding: "jsonl", columns: [column(head), ...tail.map(column)], leftOut: [] }
}
