/** What `init` may be told, by flags or at the terminal, and where each answer stands in the example. */
import { Console, Effect, Option } from "effect"
import { Flag, Prompt } from "effect/cli"
import { isScalar, parseDocument, stringify } from "yaml"
import type { Looked } from "./initCatalogue.ts"
import { isTable, nameOf } from "./initModel.ts"

interface Question {
  readonly flag: string
  readonly asks: string
  readonly path: readonly [string, ...Array<string>]
  /** From text to what the file holds. */
  readonly read?: (text: string) => unknown
}

const wholeNumber = (text: string): unknown => (/^\d+$/.test(text.trim()) ? Number(text) : text)

const teams = (text: string): unknown => {
  const parts = text.split(",").map((part) => wholeNumber(part.trim()))
  return parts.length === 1 ? parts[0] : parts
}

const yes = (text: string): unknown => {
  const word = text.trim().toLowerCase()
  return ["yes", "y", "true"].includes(word) ? true : ["no", "n", "false"].includes(word) ? false : text
}

/** Passwords are not among them: they belong into the environment. */
export const questions = [
  { flag: "clickhouse-url", asks: "ClickHouse, its HTTP address", path: ["sources", "analytics", "url"] },
  { flag: "clickhouse-user", asks: "ClickHouse, user", path: ["sources", "analytics", "user"] },
  { flag: "clickhouse-database", asks: "ClickHouse, database", path: ["sources", "analytics", "database"] },
  {
    flag: "model",
    asks: "What to export: events, persons, sessions, or a table such as app.orders",
    path: ["exports", "events", "model", "name"],
  },
  {
    flag: "team",
    asks: "Team: a number, several with commas, or all",
    path: ["exports", "events", "model", "teamId"],
    read: teams,
  },
  { flag: "postgres-host", asks: "Postgres, host", path: ["destinations", "warehouse", "host"] },
  { flag: "postgres-port", asks: "Postgres, port", path: ["destinations", "warehouse", "port"], read: wholeNumber },
  { flag: "postgres-user", asks: "Postgres, user", path: ["destinations", "warehouse", "user"] },
  { flag: "postgres-database", asks: "Postgres, database", path: ["destinations", "warehouse", "database"] },
  { flag: "postgres-schema", asks: "Postgres, schema", path: ["destinations", "warehouse", "schema"] },
  {
    flag: "self-signed",
    asks: "Does your Postgres instance have a self-signed SSL certificate? (yes or no)",
    path: ["destinations", "warehouse", "selfSigned"],
    read: yes,
  },
  { flag: "table", asks: "Postgres, table", path: ["exports", "events", "destination", "table"] },
  { flag: "schedule", asks: 'Schedule: hour, day, week, or "5 minutes"', path: ["exports", "events", "schedule"] },
] as const satisfies ReadonlyArray<Question>

type Name = (typeof questions)[number]["flag"]

export type Answers = Readonly<Partial<Record<Name, string>>>

const optional = (question: Question) =>
  Flag.String(question.flag).pipe(Flag.withDescription(question.asks), Flag.optional)

/** One flag for each question. */
export const flags = Object.fromEntries(questions.map((question) => [question.flag, optional(question)])) as Record<
  Name,
  ReturnType<typeof optional>
>

export const given = (parsed: Readonly<Record<Name, Option.Option<string>>>): Answers =>
  Object.fromEntries(
    questions.flatMap(({ flag }) => {
      const answer = parsed[flag]
      return Option.isSome(answer) ? [[flag, answer.value] as const] : []
    }),
  )

/** Rows of a table belong to no team. */
export const concerns = (flag: Name, { model }: Answers): boolean =>
  flag !== "team" || model === undefined || !isTable(model)

/**
 * Asks for everything; Return alone takes what the example says. It is not the prompt's own default, which typing would only add to.
 * What is to be exported is looked at before anything else is asked, so that a slip of the pen costs no other answer.
 */
export const ask = Effect.fnUntraced(function* <E>(
  example: string,
  look: (answers: Answers) => Effect.Effect<Looked | undefined, E>,
) {
  const document = parseDocument(example)
  const answers: Partial<Record<Name, string>> = {}
  let looked: Looked | undefined
  for (const { asks, flag, path } of questions) {
    if (!concerns(flag, answers)) continue
    const preset =
      flag === "table" && answers.model !== undefined ? nameOf(answers.model) : String(document.getIn([...path]))
    for (;;) {
      const answer = (yield* Prompt.String({ message: `${asks} [${preset}]` })).trim()
      answers[flag] = answer === "" ? preset : answer
      if (flag !== "model") break
      looked = yield* look(answers)
      if (looked?._tag !== "Missing") break
      yield* Console.error(looked.message)
    }
  }
  return { answers, looked }
})

/** The example with the answers in their places, and not another character changed. */
export const fill = (example: string, answers: Answers): string => {
  const document = parseDocument(example)
  const edits = (questions as ReadonlyArray<Question & { readonly flag: Name }>).flatMap((question) => {
    const answer = answers[question.flag]
    const node = document.getIn([...question.path], true)
    if (answer === undefined || !isScalar(node) || !node.range) return []
    const [start, end] = node.range
    return [{ start, end, text: written(question.read?.(answer) ?? answer) }]
  })
  return edits
    .toSorted((a, b) => b.start - a.start)
    .reduce((text, edit) => text.slice(0, edit.start) + edit.text + text.slice(edit.end), example)
}

const written = (value: unknown): string => (Array.isArray(value) ? JSON.stringify(value) : stringify(value).trim())
