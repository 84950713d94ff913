import type { Law } from "../../Law.ts"
import { allOrNothing } from "./allOrNothing.ts"
import { cutWhileCommitting, cutWhileWriting } from "./cut.ts"
import { killedWhileCommitting, killedWhileWriting } from "./killed.ts"
import { overlappingWindows } from "./overlappingWindows.ts"
import { twoRunners } from "./twoRunners.ts"

export const atomicity: ReadonlyArray<Law> = [
  allOrNothing,
  twoRunners,
  overlappingWindows,
  cutWhileWriting,
  cutWhileCommitting,
  killedWhileWriting,
  killedWhileCommitting,
]
