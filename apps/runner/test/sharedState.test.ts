/** A state on Postgres: made by whoever comes first, refused where it cannot be understood, moved to from a folder. */
import { NodeServices } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient, SqlError } from "effect/sql"
import { cpSync } from "node:fs"
import { join } from "node:path"
import { found, known } from "../src/store/migrations.ts"
import { move } from "../src/store/move.ts"
import * as Exports from "../src/store/Exports.ts"
import * as Place from "../src/store/Place.ts"
import * as Runs from "../src/store/Runs.ts"
import * as State from "../src/store/State.ts"
import { configuration, finishedRuns, pooledPlace, postgresPlace, runsUntil, withRunner } from "./support/runner.ts"
import { World } from "./support/World.ts"

layer(World.layer({ windows: 2, rows: 500 }), { timeout: 120_000, excludeTestServices: true })(
  "a state on Postgres",
  (it) => {
    it.effect("is made once, however many runners start, and refused by one that is too old for it", () =>
      Effect.gen(function* () {
        const { server } = yield* World
        const place = postgresPlace(server, "state_at_once")
        yield* Effect.forEach(Array.from({ length: 5 }), () => Layer.build(State.owned(place)), {
          concurrency: "unbounded",
        })
        yield* Effect.gen(function* () {
          const sql = yield* SqlClient.SqlClient
          assert.strictEqual((yield* found).version, known)
          // A newer runner that only added something is no reason to stop; one that changed what is there is.
          yield* sql`INSERT INTO batch_exports_migrations (migration_id, name) VALUES (${known + 1}, 'newer')`
          yield* Layer.build(State.shared(place))
          yield* sql`UPDATE compatibility SET oldest = ${known + 1}`
          for (const use of [State.owned(place), State.shared(place)]) {
            const error = yield* Effect.flip(Layer.build(use))
            assert.strictEqual(error._tag, "StateUnusable")
            assert.include(error.message, `it needs schema ${known + 1}, and this one knows ${known}`)
          }
        }).pipe(Effect.provide(State.shared(place)))
      }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
    )

    it.effect("is found by every command where the configuration that it is given says that it is", () =>
      Effect.gen(function* () {
        const world = yield* World
        const place = postgresPlace(world.server, "state_configured")
        const state = `${world.server.url}${world.server.url.includes("?") ? "&" : "?"}schema=state_configured`
        const range = `${world.windows[0]?.start.toISOString()}/${world.windows[0]?.end.toISOString()}`
        const names = { table: "configured", ledgerTable: "configured_ledger" }
        const file = world.config({ schedule: "hour", destination: names, runner: { state } })
        const say = (...words: ReadonlyArray<string>) => world.cli(...words, "--config", file, "--json")
        yield* Effect.gen(function* () {
          while ((yield* Exports.get("events")) === undefined) yield* Effect.sleep("20 millis")
          const resumed = yield* say("resume", "events")
          assert.strictEqual(JSON.parse(resumed.stdout).state, "active", resumed.stderr)
          yield* world.run(0, file)
          const filled = yield* say("backfill", "start", "events", "--range", range)
          const again = yield* say("backfill", "resume", JSON.parse(filled.stdout).id)
          assert.match(again.stderr, /backfill \w+ is (running|completed)/)
          yield* world.query(`UPDATE ${world.schema}.configured_ledger SET rows = rows - 1`)
          const repaired = yield* say("repair", "events", "--from", range.split("/")[0] ?? "")
          const [window] = JSON.parse(repaired.stdout).windows
          // The runner did it.
          assert.strictEqual((yield* Runs.get(window.run))?.origin, "repair", repaired.stdout)
        }).pipe(withRunner(configuration(file, world.env), place))
      }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
    )

    it.effect("lets no session that stands still in a transaction keep its locks for longer than a lease", () =>
      Effect.gen(function* () {
        const { server } = yield* World
        for (const place of [postgresPlace(server, "state_locks"), yield* pooledPlace(server, "state_locks")]) {
          const shown = yield* Effect.gen(function* () {
            const sql = yield* SqlClient.SqlClient
            return yield* sql.withTransaction(sql`SHOW idle_in_transaction_session_timeout`)
          }).pipe(Effect.provide(State.owned(place)))
          assert.deepStrictEqual(shown, [{ idle_in_transaction_session_timeout: "5s" }])
        }
      }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
    )

    it.effect("says what an administrator has to do, and what is not there", () =>
      Effect.gen(function* () {
        const { query, server } = yield* World
        const exporter = {
          url: server.url.replace(/\/\/[^@]*@/, "//posthog:insert-a-strong-password-here@"),
        }
        const refused = yield* Effect.flip(Layer.build(State.owned(postgresPlace(exporter, "state_forbidden"))))
        assert.strictEqual(refused._tag, "StateUnusable")
        assert.include(refused.message, `the schema "state_forbidden" is not there, and this user may not create it`)
        const absent = yield* Effect.flip(Layer.build(State.shared(postgresPlace(server, "state_absent"))))
        assert.include(absent.message, "there is no runner's state in state_absent")
        const wrong = { url: exporter.url.replace("insert", "guessed") }
        const unknown = yield* Effect.flip(Layer.build(State.owned(postgresPlace(wrong, "state_x"))))
        assert.include(unknown.message, "password")
        assert.notInclude(JSON.stringify(unknown) + String(unknown), "guessed-a-strong-password-here")
        yield* query("ALTER ROLE posthog SET default_transaction_read_only = on")
        const standby = yield* Effect.flip(Layer.build(State.owned(postgresPlace(exporter, "state_standby"))))
        yield* query("ALTER ROLE posthog RESET default_transaction_read_only")
        assert.include(standby.message, "read-only transaction (25006). Point host at the primary server")
        // A fail-over under way, to a runner that works already.
        assert.isTrue(SqlError.isSqlError(standby) && standby.isRetryable)
      }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
    )

    it.effect(
      "takes over from a folder, through a pooler, and doubles nothing that an old backup does not know of",
      () =>
        Effect.gen(function* () {
          const world = yield* World
          const schedule = {
            every: "hour",
            startAt: world.windows[0]?.start.toISOString(),
            endAt: world.windows.at(-1)?.end.toISOString(),
          }
          const settings = configuration(world.config({ schedule }), world.env)
          const folder = join(world.folder, "to-move")
          const backup = join(world.folder, "backup")
          // The schedule is planned, and nothing has run: the places are taken by nobody.
          yield* Effect.gen(function* () {
            yield* runsUntil("events", (runs) => runs.length === 2)
          }).pipe(withRunner({ ...settings, runner: { ...settings.runner, concurrency: 0 } }, Place.folder(folder)))
          cpSync(folder, backup, { recursive: true })
          const all = runsUntil("events", finishedRuns(2))
          yield* all.pipe(withRunner(settings, Place.folder(folder)))
          const before = yield* world.counts()

          const to = yield* pooledPlace(world.server, "state_moved")
          const moved = yield* move(Place.folder(backup), to)
          assert.deepInclude(moved, { exports: 1, runs: 2, occurrences: 2 })
          const again = yield* Effect.flip(move(Place.folder(backup), to))
          assert.include(again.message, `its table "exports" is not empty`)
          const fixed = "00000000-0000-4000-8000-000000000000"
          yield* world.query(
            `UPDATE state_moved.runs SET id = '${fixed}' WHERE window_start = (SELECT min(window_start) FROM state_moved.runs)`,
          )
          yield* Effect.gen(function* () {
            const runs = yield* all
            assert.deepStrictEqual(
              runs.map(({ alreadyExported, state }) => [state, alreadyExported]),
              [
                ["completed", true],
                ["completed", true],
              ],
            )
            assert.lengthOf(yield* Runs.list({ limit: 10 }), 2)
            // What runners of several versions must agree on, if they are to take over from each other: a change to this is
            // a change to `compatibility.oldest`.
            const of = {
              shard_id: "default:29",
              entity_type: "Workflow/ExportRun",
              entity_id: "b28c43e67fea55a5d9f515b57b13e3ab",
            }
            assert.deepStrictEqual(
              yield* world.query(
                `SELECT shard_id, entity_type, entity_id, tag, payload FROM state_moved.cluster_messages
                 WHERE entity_id = '${of.entity_id}' ORDER BY id`,
              ),
              [
                { ...of, tag: "run", payload: `{"runId":"${fixed}","generation":1}` },
                { ...of, tag: "activity", payload: `{"name":"export","attempt":1,"withTransaction":false}` },
              ],
            )
          }).pipe(withRunner(settings, to))
          assert.deepStrictEqual(yield* world.counts(), before)
        }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
    )
  },
)
