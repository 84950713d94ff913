/** One connection to the server, owned by a scope. Every statement is unnamed, so that a transaction pooler may stand between. */
import { DestinationError } from "@batch-exports/core"
import { Duration, Effect, type Scope } from "effect"
import { Socket } from "node:net"
import type pg from "pg"
import { Client, types } from "pg"
import { address } from "../config/address.ts"
import type { Config } from "../config/Config.ts"
import type { Circumstances, Names } from "../failure/Circumstances.ts"
import { classify, make } from "../failure/classify.ts"
import { passwordOf, withoutEnvironment } from "./credentials.ts"
import { tlsOptions } from "./tlsOptions.ts"
import { CONNECTION_CHECK } from "./transactionSettings.ts"

export interface Server {
  /** `server_version_num`: 160004 for 16.4. */
  readonly version: number
  readonly encoding: string
  readonly standby: boolean
  /** Somebody set the server, the database or the user so. Our transactions could override it: that is not ours to do. */
  readonly readOnly: boolean
  readonly user: string
  /** Windows servers refuse a setting that finds out about vanished clients. */
  readonly windows: boolean
}

export interface Session {
  readonly names: Names
  readonly server: Server
  /** `action` continues the sentence "While …" in an error. Given up after `limit`; without one, after the stall timeout. */
  readonly query: <Row extends pg.QueryResultRow = never>(
    action: string,
    sql: string,
    values?: ReadonlyArray<unknown>,
    phase?: Circumstances["phase"],
    limit?: Duration.Duration,
  ) => Effect.Effect<pg.QueryResult<Row>, DestinationError>
  /** For COPY, which no promise can carry. */
  readonly client: Client
  /** A second connection to the same place. */
  readonly another: Effect.Effect<Session, DestinationError, Scope.Scope>
  /** Breaks the connection when this much time has passed, unless it is closed by then. */
  readonly killAfter: (limit: Duration.Duration) => void
  /** Whether it did. */
  readonly overdue: () => boolean
  /** Breaks the connection at once. The server rolls back whatever was not committed. */
  readonly kill: () => void
}

/** Reached while connecting; tells a failed check which of its steps failed. */
export type Stage = "socket" | "encrypted" | "ready"

export const connect = Effect.fn("connect")(function* (
  config: Config,
  onStage: (stage: Stage) => void = () => {},
): Effect.fn.Return<Session, DestinationError, Scope.Scope> {
  const ssl = yield* tlsOptions(config)
  const names: Names = config
  const client = yield* Effect.acquireRelease(dial(config, ssl, onStage), hangUp, { interruptible: true })
  const kill = () => breakOff(client)
  let overdue = false
  const killAfter = (limit: Duration.Duration) => {
    const timer = setTimeout(() => {
      overdue = true
      kill()
    }, Duration.toMillis(limit))
    timer.unref()
    client.once("end", () => clearTimeout(timer))
  }
  // The server's own lock_timeout answers first, and says more.
  const usual = Duration.sum(config.stallTimeout, config.lockTimeout)

  const query: Session["query"] = <Row extends pg.QueryResultRow>(
    action: string,
    sql: string,
    values: ReadonlyArray<unknown> = [],
    phase: Circumstances["phase"] = "transfer",
    limit: Duration.Duration = usual,
  ) =>
    Effect.callback<pg.QueryResult<Row>, DestinationError>((resume) => {
      const at: Circumstances = { action, phase, names }
      // A plain timer, not Effect.timeout: the commit and the finalizers are uninterruptible, and must be bounded too.
      const timer = setTimeout(() => {
        kill()
        resume(Effect.fail(noAnswer(at, limit)))
      }, Duration.toMillis(limit))
      client.query<Row>({ text: sql, values: [...values], types: parsers }).then(
        (result) => {
          clearTimeout(timer)
          resume(Effect.succeed(result))
        },
        (error: unknown) => {
          clearTimeout(timer)
          resume(Effect.fail(classify(error, at)))
        },
      )
      return Effect.sync(() => clearTimeout(timer))
    })

  const windows = `version() ~* 'windows|mingw|visual c'`
  const { rows } = yield* query<Server>(
    "asking the server about itself",
    `SELECT current_setting('server_version_num')::int4 AS "version", current_setting('server_encoding') AS "encoding",
            pg_is_in_recovery() AS "standby", current_setting('default_transaction_read_only')::bool AS "readOnly",
            current_user::text AS "user",
            ${windows} AS "windows",
            CASE WHEN pg_backend_pid() = $1::int4 AND current_setting('server_version_num')::int4 >= 140000 AND NOT ${windows}
                 THEN set_config('client_connection_check_interval', $2, false) END`,
    // Not in a session that a pooler lends to others; those have it in their transactions alone.
    [(client as unknown as { readonly processID: number | null }).processID, CONNECTION_CHECK],
  )
  const server = rows[0]
  if (server === undefined) {
    return yield* make(
      "Unknown",
      { action: "asking the server about itself", phase: "connect", names },
      "no answer",
      "Check that host and port are those of Postgres.",
      undefined,
    )
  }
  // Grants go to the role that statements run as, which SET ROLE or a pooler may have changed.
  return {
    names: { ...names, user: server.user },
    server,
    query,
    client,
    another: connect(config),
    kill,
    killAfter,
    overdue: () => overdue,
  }
})

const dial = (config: Config, ssl: pg.ClientConfig["ssl"], onStage: (stage: Stage) => void) =>
  Effect.callback<Client, DestinationError>((resume) => {
    const at: Circumstances = {
      action: `connecting to ${address(config)}`,
      phase: "connect",
      names: config,
    }
    const client = new Client({
      user: config.user,
      password: passwordOf(config),
      host: config.host,
      port: config.port,
      database: config.database,
      ssl: ssl ?? false,
      sslnegotiation: "postgres",
      application_name: "batch-exports",
      connectionTimeoutMillis: Duration.toMillis(config.connectTimeout),
      // Without it, a connection that a firewall forgot looks idle for two hours.
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
    })
    withoutEnvironment(client)
    if (client.connection.stream instanceof Socket) sockets.set(client, client.connection.stream)
    // An error while no statement runs would otherwise end the process; the next statement reports it.
    client.on("error", () => {})
    client.connection.once("connect", () => {
      onStage("socket")
      client.connection.once("sslconnect", () =>
        client.connection.stream.once("secureConnect", () => onStage("encrypted")),
      )
    })
    client.connect().then(
      () => {
        onStage("ready")
        resume(Effect.succeed(client))
      },
      (error: unknown) => {
        breakOff(client)
        resume(Effect.fail(classify(error, at)))
      },
    )
    return Effect.sync(() => breakOff(client))
  })

/**
 * Numbers that need more than 32 bits are asked for as int8: a role may have set how many digits of a float are shown. None of
 * them (rows, bytes, milliseconds) needs more than 53.
 */
const parsers: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) => (oid === types.builtins.INT8 ? Number : types.getTypeParser(oid, format)),
}

/**
 * With a reset, not a plain close: the notice of a close waits behind megabytes that a busy server has not read yet, and
 * until then the server would go on, holding the claim.
 */
const breakOff = (client: Client): void => {
  const socket = sockets.get(client)
  if (socket?.readyState === "open" && socket.remoteAddress !== undefined) socket.resetAndDestroy()
  client.connection.stream.destroy()
}

/** The TCP sockets beneath: `client.connection.stream` is the encrypted layer above, which cannot be reset. */
const sockets = new WeakMap<Client, Socket>()

/** `end` waits for the server's goodbye, which a dead network never brings. */
const hangUp = (client: Client) =>
  Effect.callback<void>((resume) => {
    const done = () => {
      clearTimeout(timer)
      breakOff(client)
      resume(Effect.void)
    }
    const timer = setTimeout(done, 2000)
    client.end().then(done, done)
  })

const noAnswer = (at: Circumstances, limit: Duration.Duration): DestinationError =>
  make(
    "Stalled",
    at,
    `the server did not answer within ${Duration.format(limit)}`,
    "Nothing was published. The run is tried again; raise stallTimeout if the server needs longer.",
    undefined,
  )
