import type { Law } from "../../Law.ts"
import { backfill } from "./backfill.ts"
import { committedWindow } from "./committedWindow.ts"
import { fill } from "./fill.ts"
import { force } from "./force.ts"

export const replay: ReadonlyArray<Law> = [committedWindow, backfill, force, fill]
