/** Looks at everything that a run will meet, without a transaction and without changing anything. `plan` shows it, `open` acts on it. */
import { DestinationError, type Run, Window } from "@batch-exports/core"
import { Effect } from "effect"
import type { Config } from "../config/Config.ts"
import type { Session } from "../connection/Session.ts"
import type { Allowed } from "../copyFormat.ts"
import * as Ledger from "../ledger/Ledger.ts"
import type * as statements from "../ledger/statements.ts"
import type { Preparation } from "../target/create.ts"
import type { Layout } from "../target/project.ts"
import type { Target } from "../target/Target.ts"
import * as facts from "./facts.ts"
import type { Decision } from "./intake.ts"
import { refuseOld } from "./order.ts"
import { preparations } from "./preparations.ts"
import type { StagingKind } from "./staging.ts"

export interface Survey extends Layout, Decision {
  readonly allowed: Allowed
  /** Of no meaning to a run that copies straight into the table. */
  readonly stagingKind: StagingKind
  /** As it was; undefined when it is yet to be created. */
  readonly target: Target | undefined
  /** What is yet to be created, in order. */
  readonly preparations: ReadonlyArray<Preparation>
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
  const { names } = session
  const allowed = yield* facts.allowedFor(config, run)
  yield* facts.usable(session)
  const access = yield* facts.schemaOf(session, config.createSchema)
  const target = yield* facts.targetOf(session, run.model)
  const layout = yield* facts.layOut(names, run.model, allowed, target, config)
  const decision = yield* facts.intakeFor(names, config, run, layout, target)
  yield* facts.mayCreateTarget(names, access, target, layout, decision, config)
  const stagingKind = yield* facts.stagingFor(session, run.model, access, target, decision)
  const ledger = yield* facts.ledgerOf(session, access)
  const seen = {
    ...layout,
    ...decision,
    allowed,
    stagingKind,
    target,
    notices: [...layout.notices, ...unversioned(decision, run.model)],
    preparations: preparations(names, config, { access, target, ledger, layout, decision }),
  }
  if (ledger === undefined) return { ...seen, missing: [run.window], again: [] }

  yield* Ledger.verifyTarget(session, run.export, target?.oid ?? null)
  const done = yield* Ledger.overlapping(session, run.export, run.window)
  const due = yield* windows(run, done)
  yield* refuseOld(session, run, decision, due.missing, done)
  return {
    ...seen,
    ...due,
    notices: [
      ...seen.notices,
      ...(target?.persistence === "u"
        ? [
            "The table is UNLOGGED: a crash of the server empties it, and the ledger would still count its windows as exported.",
          ]
        : []),
      ...redefined(run, done),
    ],
  }
})

/**
 * What a run exports: the gaps; in modes that export again, the ledger's windows too, each as the whole that it was. Not those
 * that an earlier attempt of this very run committed: its answer was lost, and a third copy is not what was asked for.
 */
const windows = (
  run: Run.Run,
  found: ReadonlyArray<{ readonly window: Window.Window; readonly run: string }>,
): Effect.Effect<Pick<Survey, "missing" | "again">, DestinationError> => {
  const gaps = Window.subtract(
    run.window,
    found.map(({ window }) => window),
  )
  if (run.mode === "once") return Effect.succeed({ missing: gaps, again: [] })
  const done = found.filter((row) => row.run !== run.id).map(({ window }) => window)
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

/** Which records may go back in time, by the user's own choice. */
const unversioned = ({ intake }: Decision, { identity }: Run.Run["model"]): ReadonlyArray<string> => {
  if (intake._tag !== "Merge" || identity._tag !== "Upsert" || identity.versions.length === 0) return []
  const columns = intake.merge.groups.filter(({ version }) => version === undefined).flatMap((group) => group.columns)
  return columns.length === 0
    ? []
    : [`The table has no version for ${columns.join(", ")}: what is read last wins (merge: last-read).`]
}

/** Silence would leave old and new rows side by side unnoticed; exporting again would double them. */
const redefined = (run: Run.Run, done: ReadonlyArray<statements.Overlap>): ReadonlyArray<string> => {
  const others = done.filter(({ definition }) => definition !== run.definition).length
  return others === 0
    ? []
    : [
        `${others} committed window${others === 1 ? " was" : "s were"} exported with another definition (fields or filters have changed since) and will not be exported again.`,
      ]
}
