/** What a destination promises. Data, read by the runner and by the conformance suite, which tests each promise both ways. */
import type { EncodingName } from "./Encoding.ts"
import type * as FieldType from "./FieldType.ts"
import type { Identity } from "./Model.ts"
import type { Mode } from "./Run.ts"

export interface Capabilities {
  /** In order of preference. */
  readonly encodings: readonly [EncodingName, ...Array<EncodingName>]
  readonly types: ReadonlyArray<FieldType.Tag>
  readonly identities: ReadonlyArray<Identity["_tag"]>
  readonly modes: readonly ["once", ...Array<Mode>]
  /** `window`: a reader sees all of a run or none of it. `batch`: it may see a part. */
  readonly visibility: "window" | "batch"
  /** `transactional`: rows and the record that they are there commit together. `none`: delivery is at least once. */
  readonly ledger: "transactional" | "none"
  readonly target: "tabular" | "stream"
}
