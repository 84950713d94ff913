import type { Law } from "../../Law.ts"
import { complete } from "./complete.ts"
import { decodesWithoutIo } from "./decodesWithoutIo.ts"
import { secrets } from "./secrets.ts"
import { undeclared } from "./undeclared.ts"
import { unknownKeys } from "./unknownKeys.ts"

export const manifest: ReadonlyArray<Law> = [complete, unknownKeys, decodesWithoutIo, secrets, undeclared]
