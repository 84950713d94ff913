/** Every law, in the order in which they run: what fails first explains most. */
import type { Law } from "../Law.ts"
import { append } from "./append/index.ts"

export const laws: ReadonlyArray<Law> = [...append]
