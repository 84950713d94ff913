import type { Law } from "../../Law.ts"
import { adornmentsStay } from "./adornmentsStay.ts"
import { createdAsDeclared } from "./createdAsDeclared.ts"
import { extraColumns } from "./extraColumns.ts"
import { fewerColumns } from "./fewerColumns.ts"
import { otherTypes } from "./otherTypes.ts"

export const schema: ReadonlyArray<Law> = [createdAsDeclared, fewerColumns, extraColumns, otherTypes, adornmentsStay]
