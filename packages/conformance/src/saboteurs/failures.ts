/** Defects in how failures are understood, and in what is reported. */
import { DestinationError, type Reason, Run } from "@batch-exports/core"
import { DateTime, Effect } from "effect"
import { honest } from "../memory/Parts.ts"
import { configured, type Saboteur, sinks } from "./Saboteur.ts"

const called = (error: DestinationError, reason: Reason.Reason): DestinationError =>
  new DestinationError({ reason, message: error.message, remedy: error.remedy })

const fatal = (error: DestinationError): DestinationError =>
  error.reason === "ConnectionLost" ? called(error, "Unknown") : error

export const failures: ReadonlyArray<Saboteur> = [
  {
    name: "retries-everything",
    does: "takes every failure for one that passes by itself",
    breaks: ["check/finds-what-is-wrong", "schema/extra-columns", "schema/other-types"],
    wrap: configured((inner) => ({
      open: (run) => Effect.mapError(inner.open(run), (error) => called(error, "TooBusy")),
    })),
  },
  {
    name: "retries-what-it-does-not-know",
    does: "hopes that an error which nobody has seen before passes by itself",
    breaks: ["failures/table"],
    classify: (classify) => (error) => {
      const known = classify(error)
      return known.reason === "Unknown" ? called(known, "ConnectionFailed") : known
    },
  },
  {
    name: "gives-up-on-a-lost-connection",
    does: "takes a lost connection for a failure that a person must mend",
    needs: "network",
    breaks: ["atomicity/cut-while-writing", "atomicity/cut-while-committing"],
    wrap: sinks((sink) => ({
      write: (part) => Effect.mapError(sink.write(part), fatal),
      commit: (sent) => Effect.mapError(sink.commit(sent), fatal),
    })),
  },
  {
    name: "takes-a-lost-connection-for-success",
    does: "believes that a commit whose answer was lost has happened",
    needs: "network",
    breaks: ["atomicity/cut-while-committing"],
    wrap: sinks((sink) => ({
      commit: (sent) =>
        Effect.catchIf(
          sink.commit(sent),
          ({ reason }) => reason === "ConnectionLost",
          () => Effect.map(DateTime.now, (committedAt) => ({ stored: Run.emptyStored, committedAt })),
        ),
    })),
  },
  {
    name: "takes-a-refusal-for-success",
    does: "does not look whether the server has committed or rolled back",
    breaks: ["append/counts-agree"],
    wrap: sinks((sink) => ({
      commit: (sent) =>
        Effect.catchIf(
          sink.commit(sent),
          ({ reason }) => reason === "CountMismatch",
          () => Effect.map(DateTime.now, (committedAt) => ({ stored: Run.emptyStored, committedAt })),
        ),
    })),
  },
  {
    name: "reports-rows-it-did-not-write",
    does: "counts every row twice in its receipt",
    breaks: [
      "telemetry/counts-are-true",
      "upsert/redelivery-changes-nothing",
      "upsert/random-histories",
      "replay/fill",
    ],
    wrap: sinks((sink) => ({
      commit: (sent) =>
        Effect.map(sink.commit(sent), (receipt) => ({
          ...receipt,
          stored: Run.addStored(receipt.stored, receipt.stored),
        })),
    })),
  },
  {
    name: "counts-characters",
    does: "keeps in its ledger how many characters a window had, and calls them bytes",
    breaks: ["telemetry/counts-are-true"],
    parts: { stage: (store, attempt, part) => honest.stage(store, attempt, { ...part, bytes: part.bytes - 1 }) },
  },
]
