/** Several runners as processes, over one state that can be taken away from them. */
import { type DevPostgres, postgres } from "@batch-exports/dev-services"
import { assert } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import { setTimeout as sleep } from "node:timers/promises"
import { Client, type QueryResultRow } from "pg"
import { MAIN, type Started, World } from "./World.ts"
import { crash } from "./crash.ts"
import { gate } from "./gate.ts"

export interface Held {
  readonly id: string
  readonly claim: number
  readonly runner: string | null
  readonly state: string
}

export const cluster = Effect.fnUntraced(function* (own?: DevPostgres) {
  const world = yield* World
  const server = own ?? (yield* postgres())
  const door = yield* gate(server.port)
  const connect = Effect.tryPromise(async () => {
    const { ca, database, host, password, port, user } = server
    const client = new Client({ host, port, user, password, database, ...(ca === undefined ? {} : { ssl: { ca } }) })
    client.on("error", () => {})
    await client.connect()
    return client
  }).pipe(Effect.retry({ schedule: Schedule.spaced("50 millis"), times: 1_000 }), Effect.orDie)
  const session = yield* Effect.acquireRelease(
    Effect.map(connect, (client) => ({ client })),
    (held) => Effect.promise(() => held.client.end()),
  )
  const query = <Row extends QueryResultRow>(sql: string) =>
    Effect.promise(async () => (await session.client.query<Row>(sql)).rows)

  /** Of the test itself, once the server is there again. */
  const reconnect = Effect.map(connect, (client) => {
    session.client = client
  })

  const crashed = Effect.gen(function* () {
    session.client = yield* crash(session.client, connect)
  })

  /** A table, a ledger and a state of their own. */
  const generation = (
    name: string,
    schedule: object,
    runner: Readonly<Record<string, unknown>> = {},
    source: Readonly<Record<string, unknown>> = {},
  ) => {
    const names = { table: `events_${name}`, ledgerTable: `ledger_${name}` }
    const schema = `state_${name}`
    const range = { start: world.windows[0]?.start ?? new Date(), end: world.windows.at(-1)?.end ?? new Date() }
    const file = world.config({
      source,
      destination: names,
      schedule: { startAt: range.start.toISOString(), endAt: range.end.toISOString(), ...schedule },
      runner: { grace: "1 second", ...runner },
    })
    const url = `${server.url.replace(`:${server.port}/`, `:${door.port}/`)}&schema=${schema}`
    const start = (main = MAIN): Started => world.startOf(main, "start", "--config", file, "--state", url)
    const runs = Effect.suspend(() =>
      query<Held>(
        `SELECT id, claim, runner, state FROM ${schema}.runs WHERE to_regclass('${schema}.runs') IS NOT NULL`,
      ),
    ).pipe(Effect.catchDefect(() => Effect.succeed<ReadonlyArray<Held>>([])))
    /** Those that a process has in hand. */
    const heldBy = (child: Started) =>
      Effect.map(runs, (all) =>
        all.filter(({ runner, state }) => state === "running" && runner?.includes(`-${child.pid}-`) === true),
      )
    /** Runners that have said that they are there. */
    const present = Effect.suspend(() => query<{ id: string }>(`SELECT id FROM ${schema}.runners`)).pipe(
      Effect.map((rows) => rows.map(({ id }) => id)),
      Effect.catchDefect(() => Effect.succeed<ReadonlyArray<string>>([])),
    )
    /** What the state holds, for people who look into a failure. */
    const state = Effect.gen(function* () {
      const told: Record<string, unknown> = { now: new Date().toISOString() }
      for (const table of [
        "runs",
        "runners",
        "cluster_runners",
        "cluster_locks",
        "cluster_messages",
        "cluster_replies",
      ])
        told[table] = yield* query(`SELECT * FROM ${schema}.${table}`).pipe(Effect.catchDefect(Effect.succeed))
      return told
    })
    const isDone = Effect.gen(function* () {
      const exports = yield* query<{ next_due_at: string | null }>(`SELECT next_due_at FROM ${schema}.exports`)
      const all = yield* runs
      return (
        exports.every((row) => row.next_due_at === null) &&
        all.length > 0 &&
        all.every(({ state }) => state !== "scheduled" && state !== "starting" && state !== "running")
      )
    }).pipe(Effect.catchDefect(() => Effect.succeed(false)))
    const verify = Effect.fnUntraced(function* (told: string) {
      assert.deepStrictEqual(
        (yield* runs).filter(({ state }) => state !== "completed"),
        [],
        told,
      )
      const ledger = yield* world.query<{ start: Date; end: Date }>(
        `SELECT window_start AS start, window_end AS end FROM ${world.schema}.${names.ledgerTable} ORDER BY 1`,
      )
      assert.strictEqual(ledger[0]?.start.getTime(), range.start.getTime(), told)
      assert.strictEqual(ledger.at(-1)?.end.getTime(), range.end.getTime(), told)
      for (const [index, { start: from }] of ledger.slice(1).entries()) {
        assert.strictEqual(from.getTime(), ledger[index]?.end.getTime(), told)
      }
      const comparison = yield* world.compare(ledger, names.table)
      assert.isTrue(comparison.equal, `${told}: ${JSON.stringify(comparison)}`)
    })
    return { file, heldBy, isDone, names, present, runs, schema, start, state, url, verify }
  }
  return { crash: crashed, door, generation, query, reconnect, server }
})

export const until = <E, R>(condition: Effect.Effect<boolean, E, R>) =>
  Effect.gen(function* () {
    while (!(yield* condition)) yield* Effect.promise(() => sleep(100))
  })
