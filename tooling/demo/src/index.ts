/** Everything that the demo needs around an export: servers, data, and a comparison that knows nothing of the export. */
import { Window } from "@batch-exports/core"
import { clickHouse, type DevServiceError, postgres } from "@batch-exports/dev-services"
import { type Comparison, compareWindows } from "@batch-exports/fixtures"
import { DateTime, Effect, type Scope } from "effect"
import { join } from "node:path"
import * as Clients from "./clients.ts"
import { events, type Progress } from "./events.ts"
import { type DemoError, attempt } from "./DemoError.ts"
import { prepareTarget } from "./target.ts"

export { DemoError } from "./DemoError.ts"
export type { Comparison } from "@batch-exports/fixtures"

export interface DemoOptions {
  readonly windows: number
  readonly rows: number
  /** A folder for the data, kept when the scope closes and used again by the next demo. */
  readonly keep?: string
  readonly say: Progress
}

export interface Demo {
  /** The settings of a configuration file for these servers. */
  readonly source: Readonly<Record<string, unknown>>
  readonly destination: Readonly<Record<string, unknown>>
  readonly windows: ReadonlyArray<Window.Window>
  /** Reads both sides again, and compares them window by window. */
  readonly compare: Effect.Effect<Comparison, DemoError>
  /** For psql: a URL with its password. */
  readonly url: string
  /** Where the events are in Postgres. */
  readonly table: string
}

const DATABASE = "batch_exports_demo"
const TABLE = "events"

export const make = Effect.fn("makeDemo")(function* (
  options: DemoOptions,
): Effect.fn.Return<Demo, DemoError | DevServiceError, Scope.Scope> {
  const at = (name: string) => (options.keep === undefined ? {} : { dataDir: join(options.keep, name) })
  yield* options.say("starting ClickHouse")
  const ch = yield* clickHouse(at("clickhouse"))
  if (ch.external) yield* options.say(`using the ClickHouse of CLICKHOUSE_URL, database ${DATABASE}`)
  yield* options.say("starting Postgres")
  const server = yield* postgres(at("postgres"))
  if (server.external) yield* options.say("using the Postgres of DATABASE_URL, schema batch_exports_demo")
  const client = yield* Clients.clickHouse(ch)
  const pg = yield* Clients.postgres(server)
  const { fresh, windows } = yield* events(client, { ...options, database: DATABASE, external: ch.external })
  const target = yield* prepareTarget(pg, server, fresh)
  return {
    source: { type: "clickhouse", url: ch.url, user: ch.user, password: ch.password, database: DATABASE },
    destination: {
      type: "postgres",
      host: server.host,
      port: server.port,
      user: target.user,
      password: target.password,
      database: server.database,
      schema: target.schema,
      table: TABLE,
      ...(server.ca === undefined ? {} : { rootCertificate: server.ca }),
    },
    windows: windows.map(
      ({ end, start }) =>
        new Window.Window({ start: DateTime.fromDateUnsafe(start), end: DateTime.fromDateUnsafe(end) }),
    ),
    compare: attempt("compare both sides", ch.external || server.external, () =>
      compareWindows({
        client,
        pg,
        database: DATABASE,
        teamId: "all",
        schema: target.schema,
        table: TABLE,
        windows,
      }),
    ),
    url: server.url,
    table: `${target.schema}.${TABLE}`,
  }
})
