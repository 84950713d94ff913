import type { Law } from "../../Law.ts"
import { exportNames } from "./exportNames.ts"
import { fields } from "./fields.ts"
import { tables } from "./tables.ts"
import { tooLongFields } from "./tooLongFields.ts"

export const names: ReadonlyArray<Law> = [fields, tooLongFields, tables, exportNames]
