/** Why a run ended without success, as its row keeps it. */
import type { ExportError } from "@batch-exports/core"
import { Cause, Option } from "effect"
import type { Failure } from "../store/Run.ts"

export const ofCause = (cause: Cause.Cause<ExportError>): Failure =>
  Option.match(Cause.findErrorOption(cause), {
    onSome: ofError,
    onNone: () => {
      const defect = Cause.squash(cause)
      return ours(
        "Unknown",
        `internal error: ${defect instanceof Error ? defect.message : "unknown"}`,
        "Report this, with the runner's log.",
      )
    },
  })

export const ofError = (error: ExportError): Failure & { readonly side: "source" | "destination" } => ({
  side: error._tag === "SourceError" ? "source" : "destination",
  reason: error.reason,
  recovery: error.recovery,
  code: error.code ?? null,
  message: error.message,
  remedy: error.remedy,
})

const ours = (reason: string, message: string, remedy: string): Failure => ({
  side: "runner",
  reason,
  recovery: "stop",
  code: null,
  message,
  remedy,
})

export const removed = (name: string): Failure =>
  ours(
    "ExportRemoved",
    `export "${name}" is not in the configuration any more`,
    "Put it back and retry the run, or leave it.",
  )

/** For logs: what went wrong, with its reason and the server's code. */
export const describe = (
  failure: Pick<Failure, "message" | "reason"> & { readonly code?: string | null | undefined },
) =>
  `${failure.message} (${failure.reason}${failure.code === undefined || failure.code === null ? "" : `, ${failure.code}`})`
