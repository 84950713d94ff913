/** What a destination declares, one claim each, and what it thereby declares not to do: both are put to the test. */
import { type Capabilities, FieldType } from "@batch-exports/core"

/** `mode force`, `no mode fill`, `encoding jsonl`, `ledger none` … */
export type Claim = string

const both = (kind: string, all: ReadonlyArray<string>, declared: ReadonlyArray<string>): ReadonlyArray<Claim> =>
  all.map((one) => (declared.includes(one) ? `${kind} ${one}` : `no ${kind} ${one}`))

export const claims = (capabilities: Capabilities.Capabilities): ReadonlyArray<Claim> => [
  ...capabilities.encodings.map((name) => `encoding ${name}`),
  ...both("type", FieldType.tags, capabilities.types),
  ...both("identity", ["Append", "Upsert"], capabilities.identities),
  ...both("mode", ["once", "force", "fill"], capabilities.modes),
  `visibility ${capabilities.visibility}`,
  `ledger ${capabilities.ledger}`,
  `target ${capabilities.target}`,
]
