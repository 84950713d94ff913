import type { Law } from "../../Law.ts"
import { groupsMoveAlone } from "./groupsMoveAlone.ts"
import { keysAreExact } from "./keys.ts"
import { newerWins } from "./newerWins.ts"
import { nullOverwrites } from "./nullOverwrites.ts"
import { nullVersions } from "./nullVersions.ts"
import { manyHistories, randomHistories } from "./randomHistories.ts"
import { redelivery } from "./redelivery.ts"
import { tiesAreTaken } from "./ties.ts"
import { timestampVersions } from "./timestampVersions.ts"
import { withinARun } from "./withinARun.ts"

export const upsert: ReadonlyArray<Law> = [
  newerWins,
  withinARun,
  groupsMoveAlone,
  nullVersions,
  nullOverwrites,
  keysAreExact,
  timestampVersions,
  tiesAreTaken,
  redelivery,
  randomHistories,
  manyHistories,
]
