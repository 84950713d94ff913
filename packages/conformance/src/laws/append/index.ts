import type { Law } from "../../Law.ts"
import { anyChunking } from "./anyChunking.ts"

export const append: ReadonlyArray<Law> = [anyChunking]
