/**
 * What a run finds where it goes, one fact at a time: each looks at the server and says whether it will do. `check` walks
 * them one by one, `survey` in one go. None of them changes anything.
 */
import { DestinationError, type Model, type Run } from "@batch-exports/core"
import { Effect, Result } from "effect"
import type { Config } from "../config/Config.ts"
import type { Session } from "../connection/Session.ts"
import { type Allowed, allow } from "../copyFormat.ts"
import { encodings } from "../encodings.ts"
import { grantLedger, grantTable, type Names } from "../failure/Circumstances.ts"
import * as identifier from "../identifier.ts"
import * as Ledger from "../ledger/Ledger.ts"
import * as statements from "../ledger/statements.ts"
import { addColumns, createTable } from "../target/createTable.ts"
import { type Incompatible, type Layout, projectExisting, projectNew } from "../target/project.ts"
import {
  mayCreateSchemas,
  readSchema,
  readTarget,
  type Relation,
  type SchemaAccess,
  type Target,
} from "../target/Target.ts"
import * as verify from "../target/verify.ts"
import { decide, type Decision } from "./intake.ts"
import { type StagingKind, stagingKind } from "./staging.ts"

export const allowedFor = ({ copyFormat }: Config, run: Run.Run): Effect.Effect<Allowed, DestinationError> => {
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

/** `absent`: the schema is yet to be created, and may be. */
export const schemaOf = Effect.fnUntraced(function* (
  session: Session,
  createSchema: boolean,
): Effect.fn.Return<SchemaAccess & { readonly absent: boolean }, DestinationError> {
  const found = yield* readSchema(session)
  if (found === undefined && createSchema) {
    yield* Effect.fromResult(verify.creatableSchema(yield* mayCreateSchemas(session), session.names))
    return { usage: true, create: true, absent: true }
  }
  return { ...(yield* Effect.fromResult(verify.schema(found, session.names))), absent: false }
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
  settings: Config,
): Effect.Effect<Layout, DestinationError> => {
  const tableName = identifier.qualified(names.schema, names.table)
  const request = { model, allowed, tableName, settings }
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

/** Whether the table, or the columns that it lacks, may be created. */
export const mayCreateTarget = (
  names: Names,
  access: SchemaAccess,
  target: Target | undefined,
  layout: Layout,
  { tableKey }: Pick<Decision, "tableKey">,
  { jsonType }: Config,
) =>
  Effect.fromResult(
    target === undefined
      ? verify.creatable(access, names, {
          what: `Table ${identifier.qualified(names.schema, names.table)}`,
          statement: createTable(names, layout.projection.columns, { key: tableKey, json: jsonType }),
          grant: grantTable(names),
        })
      : verify.alterable(
          target,
          names,
          layout.added.map(({ field }) => field.name),
          layout.added.length === 0 ? "" : addColumns(names, layout.added, jsonType),
        ),
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
