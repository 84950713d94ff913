/**
 * Looks at everything that a run will meet, without a transaction and without changing anything: server, schema, table,
 * ledger. `plan` shows the result, `open` acts on it, `check` walks the same steps one by one.
 */
import { DestinationError, type Model, type Run, Window } from "@batch-exports/core"
import { Effect, Result } from "effect"
import type { Config } from "../config/Config.ts"
import type { Session } from "../connection/Session.ts"
import { type Allowed, allow } from "../copyFormat.ts"
import { encodings } from "../encodings.ts"
import { grantLedger, grantTable, type Names } from "../failure/Circumstances.ts"
import * as identifier from "../identifier.ts"
import * as Ledger from "../ledger/Ledger.ts"
import * as statements from "../ledger/statements.ts"
import { createTable, type TableKey } from "../target/createTable.ts"
import { type Incompatible, type Layout, projectExisting, projectNew } from "../target/project.ts"
import { readSchema, readTarget, type Relation, type SchemaAccess, type Target } from "../target/Target.ts"
import * as verify from "../target/verify.ts"
import { decide, type Decision } from "./intake.ts"
import { type StagingKind, stagingKind } from "./staging.ts"

export interface Survey extends Layout, Decision {
  readonly allowed: Allowed
  /** Of no meaning to a run that copies straight into the table. */
  readonly stagingKind: StagingKind
  /** As it was; undefined when it is yet to be created. */
  readonly target: Target | undefined
  readonly ledger: Relation | undefined
  /** What this run exports, in order of start. */
  readonly missing: ReadonlyArray<Window.Window>
  /** Those of them that the ledger holds already, in modes that export again. */
  readonly again: ReadonlyArray<Window.Window>
}

export const survey = Effect.fn("survey")(function* (
  session: Session,
  config: Config,
  run: Run.Run,
): Effect.fn.Return<Survey, DestinationError> {
  const allowed = yield* allowedFor(config, run)
  yield* usable(session)
  const access = yield* schemaOf(session)
  const target = yield* targetOf(session, run.model)
  const layout = yield* layOut(session.names, run.model, allowed, target)
  const decision = yield* intakeFor(session.names, config, run, layout, target)
  if (target === undefined) yield* mayCreateTarget(session.names, access, layout, decision.tableKey)
  const kind = yield* stagingFor(session, run.model, access, target, decision)
  const ledger = yield* ledgerOf(session, access)
  const seen = { ...layout, ...decision, allowed, stagingKind: kind, target, ledger }
  if (ledger === undefined) return { ...seen, missing: [run.window], again: [] }

  yield* Ledger.verifyTarget(session, run.export, target?.oid ?? null)
  const done = yield* Ledger.overlapping(session, run.export, run.window)
  return {
    ...seen,
    ...(yield* windows(
      run,
      done.map(({ window }) => window),
    )),
    notices: [
      ...layout.notices,
      ...(target?.persistence === "u"
        ? [
            "The table is UNLOGGED: a crash of the server empties it, and the ledger would still count its windows as exported.",
          ]
        : []),
      ...redefined(run, done),
    ],
  }
})

/** What a run exports: the gaps; in modes that export again, the ledger's windows too, each as the whole that it was. */
const windows = (
  run: Run.Run,
  done: ReadonlyArray<Window.Window>,
): Effect.Effect<Pick<Survey, "missing" | "again">, DestinationError> => {
  const gaps = Window.subtract(run.window, done)
  if (run.mode === "once") return Effect.succeed({ missing: gaps, again: [] })
  const cut = done.filter((window) => !Window.contains(run.window, window))
  return cut.length === 0
    ? Effect.succeed({ missing: [...gaps, ...done].sort(Window.byStart), again: done })
    : Effect.fail(
        new DestinationError({
          reason: "Unsupported",
          message: `Mode "${run.mode}" exports windows again as they were: ${cut.map(Window.format).join(", ")} lies only partly within ${Window.format(run.window)}`,
          remedy: "Name a window that holds it whole.",
        }),
      )
}

/** A run that stages needs a place for it, and to read the table's column types from the table. */
export const stagingFor = Effect.fnUntraced(function* (
  session: Session,
  model: Model.Model,
  access: SchemaAccess,
  target: Target | undefined,
  { intake }: Decision,
): Effect.fn.Return<StagingKind, DestinationError> {
  if (intake._tag === "Copy") return "temporary"
  if (target !== undefined) {
    yield* Effect.fromResult(verify.privileges(target, session.names, model.identity._tag, true))
  }
  return yield* stagingKind(session, access)
})

/** Silence would leave old and new rows side by side unnoticed; exporting again would double them. */
const redefined = (run: Run.Run, done: ReadonlyArray<statements.Overlap>): ReadonlyArray<string> => {
  const others = done.filter(({ definition }) => definition !== run.definition).length
  return others === 0
    ? []
    : [
        `${others} committed window${others === 1 ? " was" : "s were"} exported with another definition (fields or filters have changed since) and will not be exported again.`,
      ]
}

const allowedFor = ({ copyFormat }: Config, run: Run.Run): Effect.Effect<Allowed, DestinationError> => {
  const allowed = allow(copyFormat, run.offers)
  return allowed.encodings.length > 0
    ? Effect.succeed(allowed)
    : Effect.fail(
        new DestinationError({
          reason: "Unsupported",
          message: `With copyFormat "${copyFormat}", Postgres takes ${allow(copyFormat, encodings).encodings.join(", ")}; the source writes ${run.offers.join(", ")}`,
          remedy:
            copyFormat === "auto"
              ? "Choose a source that shares an encoding."
              : 'Set copyFormat to "auto", or choose another source.',
        }),
      )
}

export const usable = Effect.fnUntraced(function* (session: Session): Effect.fn.Return<void, DestinationError> {
  yield* Effect.fromResult(verify.version(session.server))
  yield* Effect.fromResult(verify.encoding(session.server, session.names))
  yield* Effect.fromResult(verify.writable(session.server))
})

export const schemaOf = Effect.fnUntraced(function* (
  session: Session,
): Effect.fn.Return<SchemaAccess, DestinationError> {
  return yield* Effect.fromResult(verify.schema(yield* readSchema(session), session.names))
})

export const targetOf = Effect.fnUntraced(function* (
  session: Session,
  model: Model.Model,
): Effect.fn.Return<Target | undefined, DestinationError> {
  const target = yield* readTarget(session)
  if (target === undefined) return undefined
  yield* Effect.fromResult(verify.relation(target, session.names))
  yield* Effect.fromResult(verify.privileges(target, session.names, model.identity._tag))
  return target
})

export const layOut = (
  names: Names,
  model: Model.Model,
  allowed: Allowed,
  target: Target | undefined,
): Effect.Effect<Layout, DestinationError> => {
  const tableName = identifier.qualified(names.schema, names.table)
  const request = { model, allowed, tableName }
  return compatible(tableName, model, target === undefined ? projectNew(request) : projectExisting(request, target))
}

/** How the records get in, given the columns that they fill. */
export const intakeFor = (
  names: Names,
  config: Config,
  { mode, model }: Pick<Run.Run, "mode" | "model">,
  { projection }: Layout,
  target: Target | undefined,
): Effect.Effect<Decision, DestinationError> => {
  const tableName = identifier.qualified(names.schema, names.table)
  return compatible(tableName, model, decide({ config, model, mode, projection, tableName, target }))
}

const compatible = <A>(tableName: string, model: Model.Model, verdict: Result.Result<A, Incompatible>) =>
  Effect.fromResult(
    Result.mapError(
      verdict,
      ({ problems, reason, remedy }) =>
        new DestinationError({
          reason: reason ?? "TargetIncompatible",
          message: `${tableName} cannot take model "${model.name}": ${problems.join("; ")}`,
          remedy,
        }),
    ),
  )

export const mayCreateTarget = (names: Names, access: SchemaAccess, layout: Layout, key?: TableKey) =>
  Effect.fromResult(
    verify.creatable(access, names, {
      what: `Table ${identifier.qualified(names.schema, names.table)}`,
      statement: createTable(names, layout.projection.columns, key),
      grant: grantTable(names),
    }),
  )

export const ledgerOf = Effect.fnUntraced(function* (
  session: Session,
  access: SchemaAccess,
): Effect.fn.Return<Relation | undefined, DestinationError> {
  const ledger = yield* Ledger.findLedger(session)
  if (ledger === undefined) {
    yield* Effect.fromResult(
      verify.creatable(access, session.names, {
        what: `The ledger ${identifier.qualified(session.names.schema, session.names.ledgerTable)}`,
        statement: statements.createLedger(session.names),
        grant: grantLedger(session.names),
      }),
    )
  }
  return ledger
})

/** The statements that would create what is missing. */
export const creations = (config: Config, { ledger, projection, tableKey, target }: Survey): ReadonlyArray<string> => [
  ...(target === undefined ? [createTable(config, projection.columns, tableKey)] : []),
  ...(ledger === undefined ? [statements.createLedger(config)] : []),
]
