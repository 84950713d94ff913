import type { Law } from "../../Law.ts"
import { countsAreTrue } from "./countsAreTrue.ts"

export const telemetry: ReadonlyArray<Law> = [countsAreTrue]
