/** One load, measured from outside: time, CPU of everyone involved, memory, WAL, and whether all rows are there. */
import { Effect } from "effect"
import { backends, backendsGone } from "./backends.ts"
import { attempt, BenchmarkError } from "./BenchmarkError.ts"
import type { Contestant, Name } from "./contestants/index.ts"
import { window } from "./data.ts"
import * as Proc from "./proc.ts"
import { run } from "./process.ts"
import type { Servers } from "./servers.ts"
import * as Target from "./target.ts"

export interface Measurement {
  readonly contestant: Name
  readonly rows: number
  readonly seconds: number
  readonly startUp: { readonly seconds: number; readonly cpuSeconds: number } | undefined
  /** In seconds; undefined where it cannot be read. */
  readonly cpu: {
    readonly runner: number | undefined
    readonly clickHouse: number | undefined
    readonly postgres: number | undefined
  }
  readonly peakBytes: number | undefined
  readonly walBytes: number
  readonly bytes: number | undefined
  readonly encoding: string | undefined
}

export interface Load {
  readonly servers: Servers
  readonly user: Target.User
  readonly database: string
  readonly rows: number
}

export interface Measured {
  readonly measurement: Measurement
  /** What the table holds, as one number: equal tables give equal numbers. Only when asked for, since it reads everything. */
  readonly content: string | undefined
}

export const measure = Effect.fn("measure")(function* (
  { database, rows, servers, user }: Load,
  contestant: Contestant,
  compare: boolean,
) {
  const { admin, clickHouse } = servers
  const postgres = yield* Target.fresh(servers, user)
  yield* checkpoint(servers)
  const { password, url, user: name } = clickHouse
  const command = contestant.command({ clickHouse: { url, user: name, password, database }, postgres, window })

  const walBefore = yield* walPosition(servers)
  const others = backends(servers)
  const before = readCpu(servers)
  const ran = yield* run(command)
  yield* backendsGone(servers, others)
  const after = readCpu(servers)
  const walBytes = (yield* walPosition(servers)) - walBefore

  const counted = yield* attempt("count the rows", async () => {
    const result = await admin.query<{ n: string }>(`SELECT count(*) AS n FROM ${postgres.schema}.${postgres.table}`)
    return Number(result.rows[0]?.n)
  })
  if (counted !== rows) {
    return yield* new BenchmarkError({ message: `loaded ${counted} rows, and there are ${rows}` })
  }
  const content = compare ? yield* fingerprint(servers, `${postgres.schema}.${postgres.table}`) : undefined
  const measurement: Measurement = {
    contestant: contestant.name,
    rows,
    seconds: ran.seconds,
    startUp: ran.said.startUp,
    cpu: {
      runner: difference(after.reaped, before.reaped),
      clickHouse: difference(after.clickHouse, before.clickHouse),
      postgres: difference(after.postgres, before.postgres),
    },
    peakBytes: ran.peakBytes,
    walBytes,
    bytes: ran.said.bytes,
    encoding: ran.said.encoding,
  }
  const measured: Measured = { measurement, content }
  return measured
}, Effect.scoped)

const difference = (after: number | undefined, before: number | undefined): number | undefined =>
  after === undefined || before === undefined ? undefined : after - before

/** One contestant runs at a time, so what our ended children used is what it used. */
const readCpu = ({ enginePid, postmasterPid }: Servers) => ({
  reaped: Proc.available ? Proc.cpuOf(process.pid).reaped : undefined,
  clickHouse: enginePid === undefined ? undefined : Proc.cpuOf(enginePid).own,
  postgres: postmasterPid === undefined ? undefined : Proc.cpuOfFamily(postmasterPid),
})

/** Nobody pays for pages that an earlier load left dirty. A server of the user's own may not let us. */
const checkpoint = ({ admin, postgres }: Servers) =>
  Effect.asVoid(
    attempt("make a checkpoint", () => admin.query("CHECKPOINT")).pipe(
      Effect.catch((error) => (postgres.external ? Effect.void : Effect.fail(error))),
    ),
  )

const walPosition = ({ admin }: Servers) =>
  attempt("read the WAL position", async () => {
    const { rows } = await admin.query<{ at: string }>("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn AS at")
    return Number(rows[0]?.at)
  })

const fingerprint = ({ admin }: Servers, table: string) =>
  attempt("read the table", async () => {
    const { rows } = await admin.query<{ content: string }>(
      `SELECT sum(hashtextextended(t::text, 0)::numeric)::text AS content FROM ${table} AS t`,
    )
    return rows[0]?.content ?? ""
  })
