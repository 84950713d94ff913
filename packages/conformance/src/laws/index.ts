/** Every law, in the order in which they run: what fails first explains most. */
import type { Law } from "../Law.ts"
import { append } from "./append/index.ts"
import { atomicity } from "./atomicity/index.ts"
import { bounds } from "./bounds/index.ts"
import { check } from "./check/index.ts"
import { failures } from "./failures/index.ts"
import { lifecycle } from "./lifecycle/index.ts"
import { manifest } from "./manifest/index.ts"
import { names } from "./names/index.ts"
import { replay } from "./replay/index.ts"
import { schema } from "./schema/index.ts"
import { telemetry } from "./telemetry/index.ts"
import { upsert } from "./upsert/index.ts"
import { values } from "./values/index.ts"

export const laws: ReadonlyArray<Law> = [
  ...manifest,
  ...check,
  ...lifecycle,
  ...append,
  ...values,
  ...names,
  ...schema,
  ...upsert,
  ...replay,
  ...atomicity,
  ...failures,
  ...bounds,
  ...telemetry,
]
