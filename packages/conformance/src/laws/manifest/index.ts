import type { Law } from "../../Law.ts"
import { complete } from "./complete.ts"
import { decodesWithoutIo } from "./decodesWithoutIo.ts"
import { form } from "./form.ts"
import { place } from "./place.ts"
import { secrets } from "./secrets.ts"
import { undeclared } from "./undeclared.ts"
import { unknownKeys } from "./unknownKeys.ts"

export const manifest: ReadonlyArray<Law> = [complete, form, unknownKeys, decodesWithoutIo, place, secrets, undeclared]
