import type { Law } from "../../Law.ts"
import { findsWhatIsWrong } from "./findsWhatIsWrong.ts"
import { passes } from "./passes.ts"
import { planTouchesNothing } from "./planTouchesNothing.ts"

export const check: ReadonlyArray<Law> = [passes, findsWhatIsWrong, planTouchesNothing]
