/** What `init` writes about the model: one of PostHog's, or a table as ClickHouse's catalogue proposes it. Pure. */
import type { Proposal } from "@batch-exports/clickhouse-source"
import { isScalar, isMap, parse, parseDocument } from "yaml"

/** Models with a name of their own. Whatever else is answered is a table. */
const models = ["events", "persons", "sessions"]

export const isTable = (model: string): boolean => !models.includes(model)

/** What its export and its table in Postgres are called: `orders` for `app.orders`. */
export const nameOf = (model: string): string => model.slice(model.indexOf(".") + 1)

export interface Chosen {
  readonly model: string
  /** Whether the table in Postgres was named. */
  readonly named: boolean
  /** None: ClickHouse was not asked, or did not answer. */
  readonly proposal?: Proposal | undefined
}

/** The configuration with its first export made one of what was chosen. The rest stays as it is, character for character. */
export const exporting = (text: string, { model, named, proposal }: Chosen): string => {
  const document = parseDocument(text)
  const exports = document.get("exports")
  const [first] = isMap(exports) ? exports.items : []
  if (!isScalar(first?.key) || !isMap(first.value)) return text
  const edit = (from: unknown, to: unknown, replacement: string) =>
    isScalar(from) && isScalar(to) && from.range && to.range
      ? [{ start: from.range[0], end: to.range[1], text: replacement }]
      : []
  const block = first.value.get("model")
  const [opening, closing] = isMap(block) ? [block.items[0]?.key, block.items.at(-1)?.value] : []
  const target = first.value.getIn(["destination", "table"], true)
  return [
    ...edit(first.key, first.key, word(nameOf(model))),
    ...(isTable(model) ? edit(opening, closing, tableBlock(model, proposal).join("\n      ")) : []),
    ...(named ? [] : edit(target, target, word(nameOf(model)))),
  ]
    .toSorted((a, b) => b.start - a.start)
    .reduce((all, { end, start, text }) => all.slice(0, start) + text + all.slice(end), text)
}

/** The lines below `model:`. A model that nobody could complete holds a column to replace: `check` says when it is not there. */
const tableBlock = (table: string, proposal: Proposal | undefined): ReadonlyArray<string> => {
  const isComplete = proposal?.complete === true
  const { exclude, key, lookback, time, version } = proposal?.model ?? {}
  const others = isComplete ? proposal.times.filter((name) => name !== time) : []
  return [
    "name: table",
    `table: ${word(table)}`,
    ...(proposal === undefined
      ? comment("The catalogue of ClickHouse was not read: say here what the table is like.")
      : comment("Proposed from the catalogue of ClickHouse. Look it through.")),
    ...(proposal?.notes ?? []).flatMap(comment),
    ...(!isComplete
      ? [
          ...comment("Name the column that says when a row arrived. Without one, name a key in place of it."),
          "time: inserted_at",
          ...comment("The columns of a key, if rows replace older ones; and the column that grows with each change."),
          ...comment("key: [id]"),
          ...comment("version: version"),
        ]
      : []),
    ...(isComplete && time !== undefined
      ? [
          ...comment("When a row arrived: a run exports the rows of its window."),
          ...(others.length === 0 ? [] : comment(`Other columns that might say so: ${others.join(", ")}.`)),
          `time: ${word(time)}`,
        ]
      : []),
    ...(isComplete && key !== undefined
      ? [...comment("A row replaces an older one with the same key."), `key: ${words(key)}`]
      : []),
    ...(isComplete && version !== undefined
      ? [...comment("Grows with each change of a row."), `version: ${word(version)}`]
      : []),
    ...(isComplete && lookback !== undefined
      ? [
          ...comment("How far back rows are read again, for those that become visible late."),
          `lookback: ${word(lookback)}`,
        ]
      : []),
    ...(exclude === undefined ? [] : [`exclude: ${words(exclude)}`]),
  ]
}

/** Plain where YAML reads the same text again. A secret's `${` must not come from the name of a column. */
const word = (text: string): string => {
  const isPlain = /^\w+(?:[ .]\w+)*$/.test(text) && parse(text) === text
  return isPlain ? text : JSON.stringify(text.replaceAll("${", "$${"))
}

const words = (texts: ReadonlyArray<string>): string => `[${texts.map(word).join(", ")}]`

/** Names may hold anything; a line break in one must not end the comment. */
const comment = (text: string): ReadonlyArray<string> => {
  const lines: Array<string> = []
  for (const part of text.split(/[\s\p{Cc}\u2028\u2029]+/u)) {
    const last = lines.at(-1)
    if (last === undefined || last.length + part.length >= 120) lines.push(`# ${part}`)
    else lines[lines.length - 1] = `${last} ${part}`
  }
  return lines
}
