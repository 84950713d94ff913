import { FieldType } from "@batch-exports/core"
import { Effect } from "effect"
import * as expect from "../../expect.ts"
import type { Law } from "../../Law.ts"

export const complete: Law = {
  name: "manifest/complete",
  says: "The plugin says what it is: a name, a title, a description, and capabilities without gaps or repetitions.",
  when: ({ target }) => ({ form: "holds", covers: [`target ${target}`] }),
  run: Effect.fnUntraced(function* (bench) {
    const { capabilities, description, name, title } = bench.plugin
    const problems = [
      ...(/^[a-z][a-z0-9-]*$/.test(name) ? [] : [`the name "${name}" is not kebab-case`]),
      ...(title.trim() === "" ? ["the title is empty"] : []),
      ...(description.trim() === "" ? ["the description is empty"] : []),
      ...listed("encodings", capabilities.encodings),
      ...listed("identities", capabilities.identities, ["Append", "Upsert"]),
      ...listed("modes", capabilities.modes, ["once", "force", "fill"]),
      ...listed("types", capabilities.types, FieldType.tags),
      ...(capabilities.modes.includes("once") ? [] : ['modes lacks "once", which every destination has']),
      ...(capabilities.types.includes("Text") ? [] : ['types lacks "Text", which every destination has']),
    ]
    yield* expect.that(problems.length === 0, {
      expected: "a complete manifest",
      seen: problems.join("; "),
      advice: "Mend the value that `Destination.define` is given.",
    })
    const { target } = yield* bench.fresh
    const tabular = target.tabular === undefined ? "stream" : "tabular"
    yield* expect.that(capabilities.target === tabular, {
      expected: `\`target: "${capabilities.target}"\`, as the harness has it`,
      seen: `a harness for \`target: "${tabular}"\``,
      advice: "A destination of tables has a harness with `Target.tabular`, and no other has one.",
    })
  }),
}

const listed = (
  what: string,
  values: ReadonlyArray<string>,
  allowed?: ReadonlyArray<string>,
): ReadonlyArray<string> => [
  ...(values.length === 0 ? [`${what} is empty`] : []),
  ...(new Set(values).size === values.length ? [] : [`${what} names one twice`]),
  ...values.filter((value) => allowed?.includes(value) === false).map((value) => `${what} has the unknown "${value}"`),
]
