/** Every saboteur, by what it is defective in. */
import { bytes } from "./bytes.ts"
import { failures } from "./failures.ts"
import { lifecycle } from "./lifecycle.ts"
import { manifest } from "./manifest.ts"
import { names } from "./names.ts"
import { publication } from "./publication.ts"
import { replay } from "./replay.ts"
import type { Saboteur } from "./Saboteur.ts"
import { schema } from "./schema.ts"
import { upsert } from "./upsert/index.ts"
import { values } from "./values.ts"

export { configured, type Saboteur, sinks, streams } from "./Saboteur.ts"
export { report, type Verdict } from "./report.ts"
export { applies, sabotage, type Subject, type Trial, tryAll, tryOne } from "./tryOne.ts"

export const saboteurs: ReadonlyArray<Saboteur> = [
  ...manifest,
  ...lifecycle,
  ...bytes,
  ...values,
  ...names,
  ...schema,
  ...upsert,
  ...replay,
  ...publication,
  ...failures,
]
