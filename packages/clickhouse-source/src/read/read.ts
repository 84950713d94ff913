/** Runs one query of a window, and lets go of it, on the server too, when the scope closes. */
import { randomBytes, randomUUID } from "node:crypto"
import type { Readable } from "node:stream"
import { type Projection, type Run, type Source, SourceError, type Window } from "@batch-exports/core"
import type { ClickHouseSettings } from "@clickhouse/client"
import { Duration, Effect, Result, type Scope } from "effect"
import type { Connection } from "../connect.ts"
import type { Slice, SourceModel } from "../models/SourceModel.ts"
import * as Settings from "../query/settings.ts"
import { type File, type Rendering, rendering, type Statement } from "../query/statement.ts"
import { Answer } from "./Answer.ts"
import { bytes, type Outcome } from "./bytes.ts"
import { asking, decompressed } from "./decompressed.ts"
import { FileAnswer } from "./FileAnswer.ts"
import { kill } from "./kill.ts"
import { Marks } from "./Marks.ts"

export interface Request {
  readonly run: Run.Run
  readonly projection: Projection.Projection
  readonly window: Window.Window
}

export const read = Effect.fn("ClickHouseSource.read")(function* (
  connection: Connection,
  model: SourceModel,
  request: Request,
  slice?: Slice,
): Effect.fn.Return<Source.Reading, SourceError, Scope.Scope> {
  if (withoutTemplates.has(connection)) return yield* begin(connection, model, request, slice, false)
  return yield* begin(connection, model, request, slice, true).pipe(
    // Nothing has been read yet: the server did not understand what it was asked.
    Effect.catchIf(isOld, (error) =>
      begin(connection, model, request, slice, false).pipe(
        Effect.tap(() => Effect.sync(() => withoutTemplates.add(connection))),
        // What the server said to the first question tells more.
        Effect.mapError((second) => (second.code === error.code ? error : second)),
      ),
    ),
  )
})

/** Servers that have turned out to know no inline templates. */
const withoutTemplates = new WeakSet<Connection>()

/** Unknown formats and settings. */
const isOld = ({ code }: SourceError): boolean => code === "73" || code === "115" || code === "474"

const begin = Effect.fnUntraced(function* (
  connection: Connection,
  model: SourceModel,
  { projection, run, window }: Request,
  slice: Slice | undefined,
  templates: boolean,
): Effect.fn.Return<Source.Reading, SourceError, Scope.Scope> {
  const mark = randomBytes(16).toString("hex")
  const rendered = rendering({
    model,
    projection,
    window,
    defensive: run.defensive,
    mark,
    templates,
    ...(slice === undefined ? {} : { slice }),
  })
  if (Result.isFailure(rendered)) {
    return yield* new SourceError({
      reason: "Unsupported",
      message: `the ClickHouse source cannot write ${rendered.failure}`,
      remedy: "Change the type of the target's column, or leave the column out.",
    })
  }
  const statement = rendered.success
  const { form } = statement
  const about = { log_comment: JSON.stringify({ export: run.export, run: run.id }) }
  const outcome: Outcome = { begun: false, rows: undefined, failure: undefined }
  const nonce = randomBytes(16).toString("hex")
  const queryId = randomUUID()
  yield* Effect.annotateCurrentSpan({ queryId })

  // Before the query, so that it is also killed when the scope closes while it starts.
  yield* Effect.addFinalizer(() => (outcome.rows === undefined ? kill(connection, queryId) : Effect.void))
  const settings = { ...Settings.always, ...statement.settings, ...connection.limits, ...about }
  const started = yield* start(connection, statement, queryId, {
    ...settings,
    ...Settings.form(form, nonce),
  })
  yield* Effect.addFinalizer(() => Effect.sync(() => started.stream.destroy()))

  const marks = marksIn(form, mark)
  const chunks = bytes({
    stream: started.stream,
    answer:
      form._tag === "File"
        ? new FileAnswer({ tag: started.tag })
        : new Answer({
            nonce,
            tag: started.tag,
            counted: form._tag === "Lines",
            framing: form.framing,
            mark: { nonce: mark, digits: form.marked.length },
          }),
    marks,
    outcome,
    patience: Duration.toMillis(connection.patience),
    failed: connection.failed,
    incomplete: incomplete(connection, "ended before its last row"),
    misused: misused("the bytes of an answer were asked for twice"),
  })
  return {
    bytes: chunks,
    failure: () => outcome.failure,
    tally: Effect.gen(function* () {
      if (outcome.rows === undefined) {
        return yield* outcome.failure ?? misused("an answer was counted that was not read to its end")
      }
      const { rows } = outcome
      const adjusted =
        form._tag === "File" ? yield* adjustedOf(connection, form, statement.params, settings) : marks.counts()
      return { rows, adjusted }
    }),
  }
})

/** In a form of its own, the delimiter before a mark goes with it. */
const marksIn = (form: Rendering["form"], mark: string): Marks => {
  switch (form._tag) {
    case "Lines":
      return new Marks({ nonce: mark, fields: form.marked })
    case "Marked":
      return new Marks({ nonce: `${form.between}${mark}`, fields: form.marked, ofEvery: true })
    case "File":
      return new Marks({ nonce: mark, fields: [] })
    default:
      return form satisfies never
  }
}

const adjustedOf = (
  connection: Connection,
  { count }: File,
  params: Statement["params"],
  settings: ClickHouseSettings,
): Effect.Effect<Run.Tally["adjusted"], SourceError> =>
  count === undefined
    ? Effect.succeed({})
    : Effect.map(
        connection.rows<Readonly<Record<string, string | number>>>(count.query, { params, settings }),
        ([row = {}]) =>
          Object.fromEntries(
            count.fields
              .map((field, index) => [field, Number(row[`adjusted${index}`] ?? 0)] as const)
              .filter(([, found]) => found > 0),
          ),
      )

const incomplete = ({ place }: Connection, what: string) =>
  new SourceError({
    reason: "SourceIncomplete",
    message: `the answer of ClickHouse at ${place.url} ${what}`,
    remedy:
      "Nothing of it was published. If it happens again, look into the server's log, or that of a proxy before it.",
  })

const misused = (message: string) =>
  new SourceError({ reason: "Misuse", message, remedy: "Report this to the author of the destination." })

const start = (connection: Connection, statement: Statement, queryId: string, settings: ClickHouseSettings) =>
  Effect.tryPromise({
    try: async (signal) => {
      const asked = asking(connection.compression)
      const { response_headers, stream: body } = await connection.client.exec({
        query: statement.query,
        query_params: { ...statement.params },
        query_id: queryId,
        clickhouse_settings: { ...settings, ...asked.settings },
        http_headers: asked.headers,
        decompress_response_stream: false,
        abort_signal: signal,
      })
      withoutTimeout(body)
      const stream = decode(body, response_headers["content-encoding"])
      // What breaks while nobody reads is told to the reader who comes; without a listener it would end the process.
      stream.on("error", () => {})
      const tag = response_headers["x-clickhouse-exception-tag"]
      return { stream, tag: typeof tag === "string" ? tag : undefined }
    },
    catch: connection.failed,
  })

/** A body that cannot be read must not keep its connection, and its query. */
const decode = (body: Readable, encoding: string | ReadonlyArray<string> | undefined): Readable => {
  try {
    return decompressed(body, encoding?.toString())
  } catch (cause) {
    body.once("error", () => {}).destroy()
    throw cause
  }
}

/** The client's timeout would also strike while a slow destination keeps us from reading. `bytes` has its own. */
const withoutTimeout = (stream: Readable) => {
  if ("socket" in stream && stream.socket instanceof Object && "setTimeout" in stream.socket) {
    const { socket } = stream
    if (typeof socket.setTimeout === "function") socket.setTimeout(0)
  }
}
