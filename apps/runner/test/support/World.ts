/** Real servers with a few hours of events, a least-privilege user, and the command line as a child process. */
import { clickHouse, postgres } from "@batch-exports/dev-services"
import {
  type Comparison,
  compareWindows,
  createEventsTable,
  expected,
  insertEvents,
  insertHostile,
} from "@batch-exports/fixtures"
import { Context, Effect, Layer } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { Client, type QueryResultRow } from "pg"
import { stringify } from "yaml"
import { clickHouseClient } from "./clients.ts"
import { crash } from "./crash.ts"
import { type Finished, invoke } from "./invoke.ts"

/** A child that runs the command line. */
export interface Started extends ChildProcess {
  readonly finished: Promise<Finished>
  /** Waits for words on its standard error. */
  readonly said: (text: string) => Promise<void>
  /** Its standard error so far. */
  readonly heard: () => string
}

type Settings = Readonly<Record<string, unknown>>

export interface Changes {
  readonly source?: Settings
  readonly destination?: Settings
  readonly model?: Settings
  readonly schedule?: Settings | string
  readonly runner?: Settings
  /** Of the export itself. */
  readonly export?: Settings
}

const HOUR = 3_600_000
/** Fixed, so that a failure can be looked at again; long past, so that every window has ended. */
const START = Date.UTC(2026, 0, 31, 6)
const DATABASE = "posthog"
const TABLE = "events"

interface Options {
  /** Hours. */
  readonly windows: number
  readonly rows: number
  readonly start?: number
}

const makeWorld = Effect.fnUntraced(function* (options: Options) {
  const begin = options.start ?? START
  const ch = yield* clickHouse()
  const server = yield* postgres()
  const client = yield* clickHouseClient(ch)
  const session = yield* Effect.acquireRelease(
    Effect.map(connect(server), (client) => ({ client })),
    (held) => Effect.promise(() => held.client.end()),
  )
  const schema = `exports_${Math.random().toString(36).slice(2, 10)}`
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "batch-exports-test-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true })),
  )
  const windows = Array.from({ length: options.windows }, (_, index) => ({
    start: new Date(begin + index * HOUR),
    end: new Date(begin + (index + 1) * HOUR),
  }))
  const last = new Date(begin + options.windows * HOUR)
  yield* Effect.promise(async () => {
    await createEventsTable(client, DATABASE)
    // A merge would take a redelivered event out of its older window between export and comparison.
    await client.command({
      query: `ALTER TABLE ${DATABASE}.events MODIFY SETTING max_bytes_to_merge_at_max_space_in_pool = 1`,
    })
    await insertEvents(client, {
      database: DATABASE,
      rows: options.rows,
      seed: 7,
      windows: { start: new Date(begin), end: last },
    })
    await insertHostile(client, { database: DATABASE, windows: { start: new Date(begin), end: last } })
    await session.client.query(`CREATE USER posthog WITH PASSWORD 'insert-a-strong-password-here'`)
    await session.client.query(`CREATE SCHEMA ${schema}`)
    await session.client.query(`GRANT CREATE ON SCHEMA ${schema} TO posthog`)
    await session.client.query(`GRANT USAGE ON SCHEMA ${schema} TO posthog`)
  })

  let configs = 0
  /** Writes a configuration file; secrets come from the environment of the child. */
  const config = (changes: Changes = {}): string => {
    const file = join(folder, `config-${configs++}.yaml`)
    const value = {
      sources: {
        analytics: {
          type: "clickhouse",
          url: ch.url,
          user: ch.user,
          password: "${CLICKHOUSE_SECRET}",
          database: DATABASE,
          ...changes.source,
        },
      },
      destinations: {
        warehouse: {
          type: "postgres",
          host: server.host,
          port: server.port,
          user: "posthog",
          password: "${POSTGRES_SECRET}",
          database: server.database,
          schema,
          table: TABLE,
          ...(server.ca === undefined ? {} : { rootCertificate: server.ca }),
          ...changes.destination,
        },
      },
      exports: {
        events: {
          model: { name: "events", teamId: "all", ...changes.model },
          destination: "warehouse",
          ...(changes.schedule === undefined ? {} : { schedule: changes.schedule }),
          ...changes.export,
        },
      },
      // Several runners on one machine: no port of its own for each.
      runner: { listen: "off", ...changes.runner },
    }
    writeFileSync(file, stringify(value))
    return file
  }

  /** Of the children that are started from now on. */
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    NO_COLOR: "1",
    CLICKHOUSE_SECRET: ch.password,
    POSTGRES_SECRET: "insert-a-strong-password-here",
    // By the names that `init` writes.
    CLICKHOUSE_PASSWORD: ch.password,
    POSTGRES_PASSWORD: "insert-a-strong-password-here",
  }

  // A test that fails before it has ended them would leave them behind.
  const children = yield* Effect.acquireRelease(
    Effect.sync(() => new Set<ChildProcess>()),
    (all) => Effect.sync(() => all.forEach((child) => child.kill("SIGKILL"))),
  )

  /** Starts the command line, of another version where `main` is another one's; the caller may kill it. */
  const startOf = (main: string, ...args: ReadonlyArray<string>): Started => {
    const child = spawn(process.execPath, ["--conditions=@batch-exports/source", main, ...args], {
      env,
      stdio: ["ignore", "pipe", "pipe"],
    })
    children.add(child)
    child.once("exit", () => children.delete(child))
    let stdout = ""
    let stderr = ""
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text))
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text))
    const finished = new Promise<Finished>((resolve, reject) => {
      child.on("error", reject)
      child.on("close", (code) => resolve({ code, stdout, stderr }))
    })
    const said = async (text: string) => {
      while (!stderr.includes(text)) {
        if (child.exitCode !== null || child.signalCode !== null)
          throw new Error(`it ended before it said "${text}": ${stderr}`)
        await sleep(20)
      }
    }
    return Object.assign(child, { finished, said, heard: () => stderr })
  }

  const start = (...args: ReadonlyArray<string>) => startOf(MAIN, ...args)

  // What is given to a child by its environment is here for the command line in this process.
  Object.assign(process.env, env)
  const cli = (...args: ReadonlyArray<string>) => invoke(args)

  const run = (index: number, file = config()) =>
    cli("run", "events", "--json", "--config", file, "--window", format(windows[index]))

  /** Of these windows, which must be those that were exported: an event that comes twice within a window collapses. */
  const compare = (
    exported: ReadonlyArray<{ readonly start: Date; readonly end: Date }> = windows,
    table = TABLE,
  ): Effect.Effect<Comparison> =>
    Effect.promise(() =>
      compareWindows({
        client,
        pg: session.client,
        database: DATABASE,
        teamId: "all",
        schema,
        table,
        windows: exported,
      }),
    )

  /** How many rows a window must become. */
  const sourceRows = (window: { readonly start: Date; readonly end: Date }) =>
    Effect.promise(async () => {
      let rows = 0
      for await (const _ of expected(client, { database: DATABASE, teamId: "all", window })) rows += 1
      return rows
    })

  const query = <Row extends QueryResultRow>(sql: string) =>
    Effect.promise(async () => (await session.client.query<Row>(sql)).rows)

  /** Rows in the table and rows that the ledger speaks of, in one snapshot; equal whatever happened. */
  const counts = (table = TABLE, ledger = "batch_exports_ledger") =>
    Effect.gen(function* () {
      const [there] = yield* query<{ there: boolean }>(
        `SELECT to_regclass('${schema}.${ledger}') IS NOT NULL AND to_regclass('${schema}.${table}') IS NOT NULL AS there`,
      )
      if (there?.there !== true) return { table: 0, ledger: 0, windows: 0 }
      const [row] = yield* query<{ table: number; ledger: number; windows: number }>(
        `SELECT (SELECT count(*)::int FROM ${schema}.${table}) AS table, coalesce(sum(rows), 0)::int AS ledger, count(*)::int AS windows FROM ${schema}.${ledger}`,
      )
      return row ?? { table: -1, ledger: -2, windows: 0 }
    })

  /**
   * Kills a process of the server. The others end with it, whatever they were doing, and the server recovers from its log. True
   * when it takes connections again; false, and nothing done, where the server is not the test's own.
   */
  const crashed = server.external
    ? Effect.succeed(false)
    : Effect.gen(function* () {
        session.client = yield* crash(session.client, connect(server))
        return true
      })

  return {
    ch,
    server,
    crash: crashed,
    schema,
    folder,
    windows,
    config,
    env,
    start,
    startOf,
    cli,
    run,
    compare,
    sourceRows,
    query,
    counts,
  }
})

type Shape = Effect.Success<ReturnType<typeof makeWorld>>

export class World extends Context.Service<World, Shape>()("batch-exports/test/World") {
  static readonly layer = (options: Options) => Layer.effect(World, makeWorld(options).pipe(Effect.orDie))
}

export const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url))

export const format = (window: { readonly start: Date; readonly end: Date } | undefined): string =>
  window === undefined ? "" : `${window.start.toISOString()}/${window.end.toISOString()}`

const connect = ({ ca, database, host, password, port, user }: Effect.Success<ReturnType<typeof postgres>>) =>
  Effect.tryPromise(async () => {
    const client = new Client({ host, port, user, password, database, ...(ca === undefined ? {} : { ssl: { ca } }) })
    // Told by the next statement.
    client.on("error", () => {})
    await client.connect()
    return client
  })
