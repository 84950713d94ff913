import type { Law } from "../../Law.ts"
import { anyChunking } from "./anyChunking.ts"
import { anyNumber } from "./anyNumber.ts"
import { brokenSource } from "./brokenSource.ts"
import { countsAgree } from "./countsAgree.ts"
import { emptyRun } from "./emptyRun.ts"
import { everyEncoding } from "./everyEncoding.ts"
import { everyType } from "./everyType.ts"

export const append: ReadonlyArray<Law> = [
  everyEncoding,
  everyType,
  anyChunking,
  anyNumber,
  emptyRun,
  brokenSource,
  countsAgree,
]
