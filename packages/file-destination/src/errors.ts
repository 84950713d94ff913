/** What the file system says when something fails, and what happens next. The table is also the documentation's. */
import { DestinationError, type Reason } from "@batch-exports/core"
import { Effect } from "effect"

interface Entry {
  readonly reason: Reason.Reason
  readonly means: string
  readonly remedy: string
}

const mount = "Look whether the folder's disk or network share is mounted and healthy."

/** errno → reason. Anything else is `Unknown`, and stops. */
export const errnos: Readonly<Record<string, Entry>> = {
  ENOSPC: { reason: "DiskFull", means: "no space is left", remedy: "Make room on the folder's disk." },
  EDQUOT: { reason: "DiskFull", means: "the quota is used up", remedy: "Raise the quota, or make room." },
  EACCES: {
    reason: "PermissionDenied",
    means: "the permission is missing",
    remedy: "Let the user that runs the export read and write the folder.",
  },
  EPERM: {
    reason: "PermissionDenied",
    means: "the operation is not permitted",
    remedy: "Let the user that runs the export write there, on a file system that has hard links.",
  },
  EROFS: { reason: "ReadOnly", means: "the file system is read-only", remedy: "Mount it for writing." },
  ENOENT: {
    reason: "TargetChanged",
    means: "a file or a folder disappeared",
    remedy: "Leave the folder _batch_exports alone while a run is under way.",
  },
  ENOTDIR: {
    reason: "TargetIncompatible",
    means: "a part of the path is a file, not a folder",
    remedy: "Choose another folder, or remove that file.",
  },
  EISDIR: {
    reason: "TargetIncompatible",
    means: "there is a folder where a file belongs",
    remedy: "Choose another folder, or remove that one.",
  },
  ELOOP: {
    reason: "TargetIncompatible",
    means: "symbolic links lead in a circle",
    remedy: "Choose another folder, or mend the links.",
  },
  ENAMETOOLONG: {
    reason: "TargetIncompatible",
    means: "the path is too long",
    remedy: "Shorten the folder or the template.",
  },
  EFBIG: {
    reason: "TargetIncompatible",
    means: "the file is larger than the file system or a limit allows",
    remedy: "Set a smaller splitBytes, or raise the limit.",
  },
  EMFILE: { reason: "TooBusy", means: "too many files are open", remedy: "Raise the limit of open files." },
  ENFILE: { reason: "TooBusy", means: "too many files are open", remedy: "Raise the system's limit of open files." },
  ENOMEM: { reason: "TooBusy", means: "the system has no memory left", remedy: "Give the machine more memory." },
  EAGAIN: { reason: "TooBusy", means: "the file system is busy", remedy: "It is tried again." },
  EBUSY: { reason: "Busy", means: "the file is in use", remedy: "It is tried again." },
  EIO: { reason: "ConnectionLost", means: "the disk failed to read or write", remedy: mount },
  ESTALE: { reason: "ConnectionLost", means: "the network share lost the file", remedy: mount },
  ETIMEDOUT: { reason: "ConnectionLost", means: "the network share did not answer", remedy: mount },
  ENODEV: { reason: "ConnectionLost", means: "the disk is gone", remedy: mount },
  ENXIO: { reason: "ConnectionLost", means: "the disk is gone", remedy: mount },
  ENOTCONN: { reason: "ConnectionLost", means: "the network share is not connected", remedy: mount },
  EHOSTDOWN: { reason: "ConnectionLost", means: "the network share's server is down", remedy: mount },
  ENOTSUP: {
    reason: "Unsupported",
    means: "the file system does not do this",
    remedy: "Choose a folder on a file system that has hard links.",
  },
  EOPNOTSUPP: {
    reason: "Unsupported",
    means: "the file system does not do this",
    remedy: "Choose a folder on a file system that has hard links.",
  },
  ENOSYS: {
    reason: "Unsupported",
    means: "the file system does not do this",
    remedy: "Choose a folder on a file system that has hard links.",
  },
  EMLINK: {
    reason: "Unsupported",
    means: "the file system allows no second name for a file",
    remedy: "Choose a folder on a file system that has hard links.",
  },
}

export const codeOf = (cause: unknown): string | undefined =>
  typeof cause === "object" && cause !== null && "code" in cause && typeof cause.code === "string"
    ? cause.code
    : undefined

/** `doing` continues "cannot …" and names the path: `write /exports/events`. */
export const classify = (cause: unknown, doing: string): DestinationError => {
  if (cause instanceof DestinationError) return cause
  const code = codeOf(cause)
  const entry = code === undefined ? undefined : errnos[code]
  return new DestinationError({
    reason: entry?.reason ?? "Unknown",
    message: `cannot ${doing}: ${entry?.means ?? "the file system refused"}`,
    remedy: entry?.remedy ?? "Report this, with the code: it is missing from the table of known errors.",
    ...(code === undefined ? {} : { code }),
  })
}

export const attempt = <A>(
  doing: string,
  operation: (signal: AbortSignal) => Promise<A>,
): Effect.Effect<A, DestinationError> => Effect.tryPromise({ try: operation, catch: (cause) => classify(cause, doing) })
