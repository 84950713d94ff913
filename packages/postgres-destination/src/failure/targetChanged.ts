/** The table is not as it was when this run looked at it. Looking again, at once, settles it. */
import { DestinationError } from "@batch-exports/core"
import * as identifier from "../identifier.ts"
import type { Names } from "./Circumstances.ts"

export const targetChanged = (names: Names): DestinationError =>
  new DestinationError({
    reason: "TargetChanged",
    message: `${identifier.qualified(names.schema, names.table)} was altered or replaced after this run had looked at it`,
    remedy: "Nothing was published. The table is looked at afresh.",
  })
