/** `/api/check`, `/api/plan` and `/api/models`. */
import { type CheckStep, type ExportError } from "@batch-exports/core"
import { Effect, Stream } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import type { Export } from "../../config/Config.ts"
import { Catalogue } from "../../runner/Catalogue.ts"
import { Api } from "../api/Api.ts"
import { Invalid } from "../api/problems.ts"
import type * as Shapes from "../api/shapes.ts"
import * as Change from "../definitions/change.ts"
import { definitionOf, invalid, stateful, Trials, tried } from "./common.ts"
import { planOf } from "./exports.ts"
import * as Present from "./present.ts"

type Side = "source" | "destination"

/** Every step as soon as it has been taken, and then whether all of them passed. */
const steps = (definition: Export): Stream.Stream<Shapes.CheckMessage> =>
  Stream.suspend(() => {
    let passed = true
    const message =
      (side: Side) =>
      (step: CheckStep): Shapes.CheckMessage => {
        if (step.status === "failed") passed = false
        return { type: "step", step: { side, ...step } }
      }
    const destination = definition.source.open.pipe(
      Effect.map(({ model }) => Stream.map(definition.destination.check(model), message("destination"))),
      Effect.catch((error) => Effect.succeed(Stream.make(message("source")(unopened(error))))),
      Stream.unwrap,
    )
    return Stream.map(definition.source.check, message("source")).pipe(
      Stream.concat(Stream.suspend(() => (passed ? destination : Stream.empty))),
      Stream.concat(Stream.suspend(() => Stream.make<[Shapes.CheckMessage]>({ type: "done", passed }))),
    )
  })

const unopened = ({ message, remedy }: ExportError): CheckStep => ({
  id: "open",
  title: "Read what the records look like",
  status: "failed",
  detail: message,
  remedy,
  durationMillis: 0,
})

/** Holds its place among the trials until the client has gone or the last step has been told. */
const told = Effect.fnUntraced(function* (definition: Export) {
  const trials = yield* Trials
  yield* trials.begin
  return steps(definition).pipe(Stream.ensuring(trials.end))
})

export const trials = HttpApiBuilder.group(Api, "trials", (handlers) =>
  handlers.handleAll({
    check: ({ payload }) => Effect.flatMap(Change.trial(payload), told).pipe(stateful),
    checkExport: ({ params }) =>
      Effect.flatMap(definitionOf(params.name), (definition) => told(definition.export)).pipe(stateful),
    plan: ({ payload }) => Effect.flatMap(Change.trial(payload), planOf).pipe(tried, stateful),
    describeModel: ({ payload }) =>
      Effect.gen(function* () {
        const { vocabulary } = yield* (yield* Catalogue).file
        const opened = yield* Effect.fromResult(vocabulary.select(payload.model, payload.source)).pipe(
          Effect.mapError(invalid),
        )
        const destination = vocabulary.plugins.destinations.find(({ name }) => name === payload.destination)
        if (payload.destination !== undefined && destination === undefined) {
          const message = `"${payload.destination}" is not a type of destination`
          return yield* new Invalid({ message, fields: [{ pointer: "/destination", message }] })
        }
        const { model } = yield* opened.open.pipe(Effect.scoped, Effect.mapError(Present.unreachable))
        return Present.model(model, destination)
      }).pipe(tried, stateful),
  }),
)
