import type { Law } from "../../Law.ts"
import { interruptedCommit } from "./interruptedCommit.ts"
import { interruptedOpen } from "./interruptedOpen.ts"
import { interruptedWrite } from "./interruptedWrite.ts"
import { manyOpens } from "./manyOpens.ts"
import { openAndClose } from "./openAndClose.ts"
import { orderOfCalls } from "./orderOfCalls.ts"

export const lifecycle: ReadonlyArray<Law> = [
  openAndClose,
  orderOfCalls,
  interruptedOpen,
  interruptedWrite,
  interruptedCommit,
  manyOpens,
]
