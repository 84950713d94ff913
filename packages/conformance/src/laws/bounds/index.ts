import type { Law } from "../../Law.ts"
import { backpressure } from "./backpressure.ts"
import { flatMemory, manyRows } from "./flatMemory.ts"

export const bounds: ReadonlyArray<Law> = [backpressure, flatMemory, manyRows]
