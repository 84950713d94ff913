/** Destinations that merge wrongly. */
import type { Saboteur } from "../Saboteur.ts"
import { groups } from "./groups.ts"
import { keys } from "./keys.ts"
import { records } from "./records.ts"
import { versions } from "./versions.ts"

export const upsert: ReadonlyArray<Saboteur> = [...records, ...groups, ...versions, ...keys]
