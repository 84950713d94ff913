/**
 * Makes what anyone may have written storable (docs/values.md): columns of text and of JSON documents, those of a row at once.
 * Rows that need no change, which is nearly all of them, pay for checks and nothing else; the others share one repair, so that the
 * statement stays short: the server takes time to analyse a long one, however few rows a window has.
 */
import { FieldType } from "@batch-exports/core"
import type { Named } from "../models/SourceModel.ts"
import { all, any, bind, onlyWhere } from "../sql/text.ts"
import * as Document from "./document.ts"
import { cleaned, isClean } from "./hygiene.ts"
import * as Member from "./member.ts"
import * as Members from "./members.ts"
import type { Value } from "./Value.ts"

export interface Unchecked {
  /** Columns of type String. */
  readonly texts: ReadonlyArray<string>
  readonly documents: ReadonlyArray<{ readonly column: string; readonly members?: ReadonlyArray<Members.Wanted> }>
  readonly defensive: boolean
}

export interface Storable {
  readonly layers: ReadonlyArray<ReadonlyArray<Named>>
  readonly text: (column: string) => Value
  readonly document: (column: string) => Value
  readonly memberJson: (column: string, path: Members.Path) => Value
  readonly memberText: (column: string, path: Members.Path) => Value
}

/** True where all texts are clean. */
const clean = "batch_clean"
/** The cleaned texts and documents of a row in which one of them needs it; empty in other rows. */
const repairs = "batch_repairs"

export const storable = ({ defensive, documents, texts }: Unchecked): Storable => {
  const columns = [...texts, ...documents.map(({ column }) => column)]
  const repair = (column: string) => `arrayElement(${repairs}, ${columns.indexOf(column) + 1})`
  const storedText = (column: string) => `batch_text${texts.indexOf(column)}`
  const sources = documents.map(({ column, members = [] }, index) => ({
    level: Members.level(members),
    document: column,
    prefix: `batch_doc${index}`,
    stored: `batch_doc${index}_stored`,
    vouched: `batch_doc${index}_vouched`,
    parsed: `batch_doc${index}_parsed`,
  }))
  const source = (column: string) => {
    const found = sources.find(({ document }) => document === column)
    if (found === undefined) throw new Error(`"${column}" was not announced as a document`)
    return found
  }
  const isDoubtful = ({ document, vouched }: Member.Readable) => all(`NOT ${vouched}`, `${document} != ''`)

  const facts = [
    ...(texts.length === 0 ? [] : [{ name: clean, sql: all(...texts.map(isClean)) }]),
    ...sources.flatMap(({ document, level: { keys }, parsed, vouched }) => {
      const isParsed = Member.isParsable(keys) ? Member.isParsed(parsed, keys) : undefined
      return [
        ...(isParsed === undefined ? [] : [{ name: parsed, sql: Member.parsed(document, keys) }]),
        { name: vouched, sql: Document.isVouched(document, defensive, isParsed) },
      ]
    }),
  ]
  const doubt = any(...(texts.length === 0 ? [] : [`NOT ${clean}`]), ...sources.map(isDoubtful))
  // What does not depend on `i` would be computed for every row, so the columns are not gathered in an array.
  const picked =
    columns.length === 1
      ? columns[0]!
      : `multiIf(${columns.map((column, index) => (index + 1 < columns.length ? `i = ${index + 1}, ${column}` : column)).join(", ")})`
  const repaired = `arrayMap(i -> ${bind("c", picked, cleaned("c"))}, range(1, if(${doubt}, ${columns.length + 1}, 1)))`
  const stored = [
    ...texts.map((column) => ({ name: storedText(column), sql: `if(${clean}, ${column}, ${repair(column)})` })),
    ...sources.map((from) => ({
      name: from.stored,
      // An array without elements gives '', which is what NULL is written as: it costs nothing.
      sql: `if(${from.vouched}, ${from.document}, ${onlyWhere(isDoubtful(from), repair(from.document), "r0", (text) => Document.repaired(text, defensive))})`,
    })),
  ]
  const members = sources.map((from) => Members.layers(from, from.level))
  const depth = Math.max(0, ...members.map((layers) => layers.length))
  return {
    layers:
      columns.length === 0
        ? []
        : [
            facts,
            [{ name: repairs, sql: repaired }],
            stored,
            ...Array.from({ length: depth }, (_, index) => members.flatMap((layers) => layers[index] ?? [])),
          ].filter((layer) => layer.length > 0),
    text: (column) => ({
      type: FieldType.text(),
      sql: storedText(column),
      nullable: false,
      adjusted: all(`NOT ${clean}`, `${storedText(column)} != ${column}`),
    }),
    document: (column) => {
      const { stored: sql, vouched } = source(column)
      return {
        type: FieldType.json,
        sql,
        nullable: true,
        emptyIsNull: true,
        adjusted: Document.isAdjusted(column, vouched, sql),
      }
    },
    memberJson: (column, path) => {
      const from = source(column)
      return { type: FieldType.json, sql: Members.json(from, from.level, path), nullable: true, emptyIsNull: true }
    },
    // Nothing is left to clean in it: the document that it comes from is clean.
    memberText: (column, path) => {
      const from = source(column)
      return { type: FieldType.text(), sql: Members.text(from, from.level, path), nullable: true }
    },
  }
}
