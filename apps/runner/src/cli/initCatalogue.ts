/** What `init` asks ClickHouse about a table. Somebody waits for it, and the address may be wrong: it takes seconds at most. */
import { Config, listTables, propose, type Proposal, readCatalogue } from "@batch-exports/clickhouse-source"
import { decodeConfig, nearest, SourceError } from "@batch-exports/core"
import { Effect, Result } from "effect"
import { parse } from "yaml"

export type Looked =
  | { readonly _tag: "Read"; readonly proposal: Proposal }
  /** ClickHouse answered, and has no such table. */
  | { readonly _tag: "Missing"; readonly message: string }
  /** ClickHouse did not say. */
  | { readonly _tag: "Unread"; readonly message: string; readonly remedy: string }

/** Of the source that a configuration names, with the password that its next commands will use. */
export const look = (configuration: string, table: string): Effect.Effect<Looked> => {
  const decoded = sourceOf(configuration)
  if (Result.isFailure(decoded)) {
    return Effect.succeed({ _tag: "Unread", message: decoded.failure.message, remedy: "Mend the file." })
  }
  const config = decoded.success
  return Effect.scoped(readCatalogue(config, table)).pipe(
    Effect.map((catalogue): Looked => ({ _tag: "Read", proposal: propose(catalogue) })),
    Effect.catch((error) => (error.reason === "SourceMissing" ? missing(config, table, error) : Effect.fail(error))),
    Effect.timeoutOrElse({ duration: "6 seconds", orElse: () => Effect.fail(late) }),
    Effect.catch(({ message, reason, remedy }) =>
      Effect.succeed<Looked>({
        _tag: "Unread",
        message,
        remedy: reason === "AuthenticationFailed" ? `${remedy} Here, it is taken from CLICKHOUSE_PASSWORD.` : remedy,
      }),
    ),
  )
}

const sourceOf = (configuration: string) => {
  const { sources } = parse(configuration) as { readonly sources: { readonly analytics: typeof Config.Encoded } }
  const { database, url, user } = sources.analytics
  return decodeConfig(Config, {
    url,
    user,
    database,
    password: process.env["CLICKHOUSE_PASSWORD"] ?? "",
    connectTimeout: "3 seconds",
    requestTimeout: "4 seconds",
  })
}

/** The same reason stands for a database that is not there; then no table can be listed either. */
const missing = Effect.fnUntraced(function* (config: typeof Config.Type, table: string, error: SourceError) {
  const tables = yield* Effect.scoped(listTables(config))
  const near = nearest(table, tables)
  const some = tables.slice(0, 10).join(", ")
  const hint =
    near !== undefined
      ? `; did you mean "${near}"?`
      : tables.length === 0
        ? ". It shows this user no table at all."
        : `. There are ${some}${tables.length > 10 ? " …" : ""}.`
  const looked: Looked = { _tag: "Missing", message: `${error.message}${hint}` }
  return looked
})

const late = new SourceError({
  reason: "ConnectionFailed",
  message: "ClickHouse did not answer within 6 seconds",
  remedy: "Look whether the address is that of its HTTP interface.",
})
