/** Checks a destination step by step, each with what to do about its failure. The first failure is the last step. */
import type { CheckStep, DestinationError, Model } from "@batch-exports/core"
import { Effect, Queue, type Scope, Stream } from "effect"
import type { Config } from "../config/Config.ts"
import type { Session } from "../connection/Session.ts"
import { type Allowed, allow } from "../copyFormat.ts"
import { encodings } from "../encodings.ts"
import * as identifier from "../identifier.ts"
import { intakeFor, ledgerOf, layOut, mayCreateTarget, schemaOf, stagingFor, targetOf } from "../sink/facts.ts"
import * as verify from "../target/verify.ts"
import { checkConnection } from "./connection.ts"
import { type Report, stepper } from "./step.ts"
import { trial } from "./trial.ts"

export const check = (config: Config, model: Model.Model): Stream.Stream<CheckStep> =>
  Stream.callback<CheckStep>((queue) =>
    walk(config, model, (step) => Queue.offer(queue, step)).pipe(
      // The failed step has been reported; there is nothing more to say.
      Effect.ignore,
      Effect.andThen(Queue.end(queue)),
    ),
  )

const walk = Effect.fn("check")(function* (
  config: Config,
  model: Model.Model,
  report: Report,
): Effect.fn.Return<void, DestinationError, Scope.Scope> {
  const session = yield* checkConnection(config, report)
  const { names, server } = session
  const step = stepper(report)
  const table = identifier.qualified(names.schema, names.table)
  // As if the source wrote them all: it is checked on its own.
  const allowed = allow(config.copyFormat, encodings)

  yield* step("encoding", "Database encoding", Effect.fromResult(verify.encoding(server, names)), () => server.encoding)
  yield* step("writable", "Server accepts writes", Effect.fromResult(verify.writable(server)), () => undefined)
  const access = yield* step("schema", "Schema", schemaOf(session, config.createSchema), ({ absent }) =>
    absent ? `${names.schema} will be created` : names.schema,
  )
  const target = yield* step(
    "privileges",
    "Privileges",
    privileges(session, access.create, model, allowed, config),
    (found) => (found === undefined ? `CREATE on schema ${names.schema}` : `on ${table}`),
  )
  const fits = Effect.gen(function* () {
    const layout = yield* layOut(names, model, allowed, target, config)
    const decision = yield* intakeFor(names, config, { mode: "once", model }, layout, target)
    yield* mayCreateTarget(names, access, target, layout, decision, config)
    return { layout, decision, stagingKind: yield* stagingFor(session, model, access, target, decision) }
  })
  const fit = yield* step("table", "Table", fits, ({ layout: { notices, projection } }) =>
    [
      target === undefined ? `${table} will be created` : table,
      ...(projection.leftOut.length === 0 ? [] : [`left out: ${projection.leftOut.join(", ")}`]),
      ...notices,
    ].join("; "),
  )
  const ledger = yield* step(
    "ledger",
    "Ledger",
    ledgerOf(session, access),
    (found) =>
      `${identifier.qualified(names.schema, names.ledgerTable)}${found === undefined ? " will be created" : ""}`,
  )
  yield* step(
    "trial",
    "Trial transaction",
    trial(session, config, { ...fit, access, target, ledger }),
    () => "rolled back",
  )
})

/** A table needs its own privileges; a table yet to be created needs that of creating it. */
const privileges = Effect.fnUntraced(function* (
  session: Session,
  create: boolean,
  model: Model.Model,
  allowed: Allowed,
  config: Config,
) {
  const target = yield* targetOf(session, model)
  // Only then, so that a field without a column type is reported by its own step.
  if (target === undefined && !create) {
    const layout = yield* layOut(session.names, model, allowed, undefined, config)
    const decision = yield* intakeFor(session.names, config, { mode: "once", model }, layout, undefined)
    yield* mayCreateTarget(session.names, { usage: true, create: false }, undefined, layout, decision, config)
  }
  return target
})
