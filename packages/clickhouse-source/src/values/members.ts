/**
 * Members at any depth of a document: what stands at the first key of a path is a document itself, in which the rest is
 * looked for. Each level is read as the first one is (see member.ts), so nothing of a value's exact text is lost on the way.
 */
import type { Named } from "../models/SourceModel.ts"
import { all } from "../sql/text.ts"
import * as Member from "./member.ts"

/** Keys of objects, from the outside. */
export type Path = readonly [string, ...Array<string>]

export interface Wanted {
  readonly path: Path
  readonly as: "json" | "text"
}

/** What is wanted of one document. */
export interface Level {
  readonly keys: Member.Keys
  /** What is wanted of its members, by their keys. */
  readonly inner: ReadonlyMap<string, Level>
}

export const level = (wanted: ReadonlyArray<Wanted>): Level => {
  const json = new Set<string>()
  const text = new Set<string>()
  const inner = new Map<string, Array<Wanted>>()
  for (const { as, path } of wanted) {
    const [key, next, ...rest] = path
    if (next === undefined) (as === "json" ? json : text).add(key)
    else {
      json.add(key)
      inner.set(key, [...(inner.get(key) ?? []), { path: [next, ...rest], as }])
    }
  }
  return {
    // A tuple has one element for a key; its text can be told from its JSON.
    keys: { json: [...json], text: [...text].filter((key) => !json.has(key)) },
    inner: new Map([...inner].map(([key, members]) => [key, level(members)])),
  }
}

/** The document that is the member of another. */
const nested = (source: Member.Readable, { keys }: Level, key: string): Member.Readable => {
  const prefix = `${source.prefix}_${[...keys.json, ...keys.text].indexOf(key)}`
  const document = `${prefix}_document`
  return { document, stored: document, prefix, vouched: `${prefix}_vouched`, parsed: `${prefix}_parsed` }
}

export const layers = (source: Member.Readable, own: Level, isNested = false): ReadonlyArray<ReadonlyArray<Named>> => {
  const below = [...own.inner].map(([key, inner]) => ({ key, inner, document: nested(source, own, key) }))
  const inside = below.map(({ document, inner }) => layers(document, inner, true))
  const depth = Math.max(0, ...inside.map(({ length }) => length))
  const facts = ({ document: { document, parsed, vouched }, inner: { keys } }: (typeof below)[number]) => [
    // Of an array, a parse would give the elements by their places.
    ...(Member.isParsable(keys)
      ? [{ name: parsed, sql: Member.parsed(`if(startsWith(${document}, '{'), ${document}, '')`, keys) }]
      : []),
    // The whole was vouched for, so its parts are; those that are no objects have no members.
    { name: vouched, sql: all(source.vouched, `startsWith(${document}, '{')`) },
  ]
  return [
    ...Member.layers(source, own.keys, isNested),
    below.map(({ document, key }) => ({ name: document.document, sql: Member.json(source, own.keys, key) })),
    below.flatMap(facts),
    ...Array.from({ length: depth }, (_, index) => inside.flatMap((found) => found[index] ?? [])),
  ].filter((layer) => layer.length > 0)
}

const at = <A>(
  source: Member.Readable,
  own: Level,
  [key, next, ...rest]: Path,
  read: (source: Member.Readable, keys: Member.Keys, key: string) => A,
): A => {
  const inner = own.inner.get(key)
  return next === undefined || inner === undefined
    ? read(source, own.keys, key)
    : at(nested(source, own, key), inner, [next, ...rest], read)
}

/** The member's exact JSON text: '' where it is absent or `null`. */
export const json = (source: Member.Readable, own: Level, path: Path): string => at(source, own, path, Member.json)

/** The member as text, Nullable: NULL where it is absent or `null`. */
export const text = (source: Member.Readable, own: Level, path: Path): string =>
  at(source, own, path, (found, keys, key) =>
    keys.text.includes(key) ? Member.text(found, keys, key) : Member.textOf(Member.json(found, keys, key)),
  )
