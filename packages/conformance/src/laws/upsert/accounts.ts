/**
 * The records that the laws of merging send: who owns a handle, and what is known of the owner. Three groups of versions:
 * the owner's, the profile's, which counts only while the owner is the same, and one that has to do with neither.
 */
import { type Capabilities, FieldType, type Model, RecordSchema } from "@batch-exports/core"
import type { Row } from "../../encoders/index.ts"
import type { Form } from "../../Law.ts"

const { int32, int64, text } = FieldType

const field = (name: string, type: FieldType.FieldType, nullable: boolean): RecordSchema.Field => ({
  name,
  type,
  nullable,
  description: `${name} of an account`,
  created: true,
})

export const accounts: Model.Model = {
  name: "accounts",
  description: "Accounts, merged by versions",
  schema: RecordSchema.make(
    field("team", int32, false),
    field("handle", text(), false),
    field("owner", text(), true),
    field("owner_version", int64, true),
    field("profile", text(), true),
    field("profile_version", int64, true),
    field("score", int32, true),
    field("score_version", int64, true),
  ),
  identity: {
    _tag: "Upsert",
    key: ["team", "handle"],
    versions: [
      // Not in the order in which they depend on one another: a destination finds that out.
      { version: "profile_version", fields: ["profile"], within: ["owner"] },
      { version: "owner_version", fields: ["owner"] },
      { version: "score_version", fields: ["score"] },
    ],
  },
}

export interface Account {
  readonly team?: number
  readonly handle?: string
  /** Whose it is, and since which version. */
  readonly owner?: readonly [owner: string | null, version: number | null]
  readonly profile?: readonly [profile: string | null, version: number | null]
  readonly score?: readonly [score: number | null, version: number | null]
}

const int = (value: number | null) => (value === null ? null : BigInt(value))

/** An account with everything at version 1, but for what is said. */
export const account = (said: Account = {}): Row => {
  const { handle = "h", owner = ["ann", 1], profile = ["ann 1", 1], score = [10, 1], team = 1 } = said
  return {
    team: BigInt(team),
    handle,
    owner: owner[0],
    owner_version: int(owner[1]),
    profile: profile[0],
    profile_version: int(profile[1]),
    score: int(score[0]),
    score_version: int(score[1]),
  }
}

/** For laws that need a destination that merges, and fields that most have. */
export const merging = ({ identities, types }: Capabilities.Capabilities): Form | undefined =>
  identities.includes("Upsert") && types.includes("Int") && types.includes("Text")
    ? { form: "holds", covers: ["identity Upsert"] }
    : undefined
