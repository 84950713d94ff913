import { FieldType, type Model, RecordSchema } from "@batch-exports/core"
import { Effect } from "effect"
import { type Export, exported, standard } from "../../drive/exported.ts"
import { nothing } from "../../drive/state.ts"
import { things } from "../../drive/things.ts"
import { versioned } from "../../drive/versioned.ts"
import type { Bench } from "../../Bench.ts"
import { Types } from "../../generate/index.ts"
import * as expect from "../../expect.ts"
import type { Law } from "../../Law.ts"

export const undeclared: Law = {
  name: "manifest/undeclared",
  says: "What the destination does not declare is refused as Unsupported before a byte is read or written.",
  when: ({ identities, modes, types }) => ({
    form: "refused",
    covers: [
      ...FieldType.tags.filter((tag) => !types.includes(tag)).map((tag) => `no type ${tag}`),
      ...(["Append", "Upsert"] as const).filter((one) => !identities.includes(one)).map((one) => `no identity ${one}`),
      ...(["once", "force", "fill"] as const).filter((one) => !modes.includes(one)).map((one) => `no mode ${one}`),
    ],
  }),
  run: Effect.fnUntraced(function* (bench) {
    const world = yield* bench.fresh
    for (const [what, changes] of requests(bench)) {
      let reads = 0
      const onRead = () => {
        reads += 1
      }
      yield* expect.fails(exported(bench, world, { ...changes, onRead }), {
        expected: `${what} is refused`,
        reasons: ["Unsupported"],
        advice:
          "Configure through `Destination.define`, with the capabilities that the plugin shows; or declare what works.",
      })
      yield* expect.that(reads === 0, {
        expected: `${what} is refused before the source is read`,
        seen: "the source was read",
        advice: "Refuse in `open`.",
      })
    }
    yield* nothing(world, standard(bench), "requests that were refused")
  }),
}

const requests = (bench: Bench): ReadonlyArray<readonly [what: string, changes: Partial<Export>]> => {
  const { encodings, identities, modes, types } = bench.plugin.capabilities
  const plain = things(bench.plugin.capabilities)
  const withType = (type: FieldType.FieldType): Model.Model => ({
    ...plain,
    schema: RecordSchema.make(...plain.schema.fields, {
      name: "other",
      type,
      nullable: true,
      description: "",
      created: true,
    }),
  })
  const append: Model.Model = { ...plain, identity: { _tag: "Append", dedupeKey: ["id"] } }
  return [
    ["a source without a common encoding", { offers: [`${encodings[0]}-of-another-kind`] }],
    ...FieldType.tags
      .filter((tag) => !types.includes(tag))
      .flatMap((tag) => Types.every.filter((type) => type._tag === tag).slice(0, 1))
      .map((type) => [`a field of type ${type._tag}`, { model: withType(type) }] as const),
    ...(identities.includes("Append") ? [] : [["an append model", { model: append }] as const]),
    ...(identities.includes("Upsert")
      ? []
      : [["an upsert model", { model: versioned(bench.plugin.capabilities) }] as const]),
    ...(["force", "fill"] as const)
      .filter((mode) => !modes.includes(mode))
      .map((mode) => [`mode ${mode}`, { mode }] as const),
  ]
}
