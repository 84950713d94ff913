import { SchemaAST } from "effect"
import * as expect from "../../expect.ts"
import { always, type Law } from "../../Law.ts"

export const form: Law = {
  name: "manifest/form",
  says: "What `form` asks for first are settings that there are, each of them once.",
  when: always,
  run: ({ plugin }) => {
    const { form: asked = [] } = plugin
    const known = keysOf(SchemaAST.toEncoded(plugin.Config.ast))
    const odd = asked.filter((key, index) => !known.has(key) || asked.indexOf(key) !== index)
    return expect.that(odd.length === 0, {
      expected: `keys of \`Config\`, each once: ${[...known].join(", ")}`,
      seen: odd.map((key) => (known.has(key) ? `"${key}" twice` : `"${key}", which is none`)).join(", "),
      advice: "Name in `form` the keys of `Config` that a person fills in first, as `Config` spells them.",
    })
  },
}

/** Of settings that may be written in several ways, the keys of all of them. */
const keysOf = (ast: SchemaAST.AST): ReadonlySet<string> => {
  if (SchemaAST.isUnion(ast)) return new Set(ast.types.flatMap((type) => [...keysOf(type)]))
  return new Set(SchemaAST.isObjects(ast) ? ast.propertySignatures.map(({ name }) => String(name)) : [])
}
