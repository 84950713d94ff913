import type { Law } from "../../Law.ts"
import { table } from "./table.ts"

export const failures: ReadonlyArray<Law> = [table]
