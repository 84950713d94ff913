import type { Law } from "../../Law.ts"
import { everyType } from "./everyType.ts"
import { identityIsNeverAdjusted } from "./identityIsNeverAdjusted.ts"
import { large } from "./large.ts"
import { nullIsNotEmpty } from "./nullIsNotEmpty.ts"
import { unfitIsCounted } from "./unfitIsCounted.ts"

export const values: ReadonlyArray<Law> = [nullIsNotEmpty, everyType, large, unfitIsCounted, identityIsNeverAdjusted]
