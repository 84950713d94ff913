import { FieldType } from "@batch-exports/core"
import { Effect } from "effect"
import { exported, standard } from "../../drive/exported.ts"
import * as expect from "../../expect.ts"
import { every, tagsOf } from "../../generate/types.ts"
import type { Law } from "../../Law.ts"
import { modelOf } from "./carried.ts"

const undeclared = (types: ReadonlyArray<FieldType.Tag>) => FieldType.tags.filter((tag) => !types.includes(tag))

export const undeclaredTypes: Law = {
  name: "values/undeclared-types",
  says: "A field of a type that is not declared is refused before anything is read or written.",
  when: ({ types }) =>
    undeclared(types).length === 0
      ? undefined
      : { form: "refused", covers: undeclared(types).map((tag) => `no type ${tag}`) },
  run: (bench) =>
    Effect.gen(function* () {
      const { capabilities } = bench.plugin
      const world = yield* bench.fresh
      for (const tag of undeclared(capabilities.types)) {
        const type = every.find((one) => tagsOf(one).includes(tag))!
        let read = false
        const wanted = standard(bench, {
          model: modelOf(capabilities, [type]),
          onRead: () => {
            read = true
          },
        })
        const advice = `Refuse it in \`plan\` and \`open\`, or declare ${tag} in \`capabilities.types\` and take it.`
        yield* expect.fails(exported(bench, world, wanted), {
          expected: `a field of type ${FieldType.format(type)} is refused`,
          reasons: ["Unsupported"],
          advice,
        })
        yield* expect.that(!read, { expected: "nothing is read", seen: "the source was read", advice })
        const { length } = yield* world.rows(wanted.model.schema.fields)
        yield* expect.that(length === 0, { expected: "nothing is written", seen: expect.count(length), advice })
      }
    }),
}
