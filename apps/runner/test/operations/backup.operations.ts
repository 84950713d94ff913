/** The state comes back from an older backup, made by pg_dump while runners worked: what they did since then is in the ledger. */
import { assert, layer } from "@effect/vitest"
import { postgres } from "@batch-exports/dev-services"
import { Effect } from "effect"
import { execFile } from "node:child_process"
import { randomBytes } from "node:crypto"
import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import { cluster, until } from "../support/cluster.ts"
import { type Listening, listening } from "../support/listening.ts"
import { World } from "../support/World.ts"

/** Where a server lies together with its pg_dump: those of the npm registry come without. `apt-get install postgresql` has both. */
const programs = (() => {
  const installed = "/usr/lib/postgresql"
  const folders = existsSync(installed) ? readdirSync(installed).map((version) => join(installed, version, "bin")) : []
  return [process.env["PG_BIN"] ?? "", ...folders].find((bin) =>
    ["initdb", "postgres", "pg_dump", "pg_restore"].every((name) => existsSync(join(bin, name))),
  )
})()
if (programs !== undefined) process.env["PG_BIN"] = programs

/** Secrets of exports that were defined over the API are encrypted with it, in the backup, too. */
process.env["BATCH_EXPORTS_SECRET_KEY"] = randomBytes(32).toString("base64")

layer(World.layer({ windows: 2, rows: 8_000 }), { timeout: 180_000, excludeTestServices: true })("a backup", (it) => {
  it.effect.skipIf(programs === undefined)(
    `that is older than what was done since doubles nothing and loses nothing${programs === undefined ? " (there is no pg_dump)" : ""}`,
    () =>
      Effect.gen(function* () {
        const world = yield* World
        const server = yield* postgres()
        const { generation, query } = yield* cluster(server)
        const work = generation("backed_up", { every: "3 minutes", concurrency: 3 }, { listen: "127.0.0.1:0" })
        const { schema } = work
        const run = (program: string, ...args: ReadonlyArray<string>) =>
          Effect.promise(async () => {
            const to = ["-h", server.host, "-p", String(server.port), "-U", server.user, "-d", server.database]
            await promisify(execFile)(join(programs ?? "", program), [...to, ...args], {
              env: { PGPASSWORD: server.password, PGSSLMODE: "verify-full", PGSSLROOTCERT: server.caFile },
            })
          })
        const ended = (runners: ReadonlyArray<Listening>) =>
          Effect.gen(function* () {
            const ends = yield* Effect.promise(() =>
              Promise.all(runners.map(({ child }) => (child.kill("SIGTERM"), child.finished))),
            )
            for (const { code, stderr } of ends) {
              assert.strictEqual(code, 0, stderr)
              assert.notInclude(stderr, "internal error")
            }
          })
        const completed = query<{ n: number }>(
          `SELECT count(*)::int AS n FROM ${schema}.runs WHERE state = 'completed'`,
        )

        const before = [work.start(), work.start()].map(listening)
        const created = yield* Effect.promise(
          () =>
            before[0]?.ask("/api/exports", "POST", {
              name: "stored",
              model: { name: "events", teamId: "all" },
              source: { use: "analytics" },
              destination: {
                type: "postgres",
                host: world.server.host,
                port: world.server.port,
                user: "posthog",
                password: world.env.POSTGRES_SECRET,
                database: world.server.database,
                schema: world.schema,
                table: "stored",
                ledgerTable: "stored_ledger",
                rootCertificate: world.server.ca,
              },
              schedule: {
                every: "hour",
                startAt: world.windows[0]?.start.toISOString(),
                endAt: world.windows.at(-1)?.end.toISOString(),
              },
            }) ?? Promise.reject(new Error("no runner")),
        )
        assert.strictEqual(created.status, 201, created.text)
        yield* until(Effect.map(completed, ([row]) => (row?.n ?? 0) >= 6))
        const file = join(world.folder, "state.dump")
        yield* run("pg_dump", "--format=custom", `--schema=${schema}`, `--file=${file}`)
        yield* until(work.isDone)
        yield* ended(before)
        const counts = Effect.all([
          world.counts(work.names.table, work.names.ledgerTable),
          world.counts("stored", "stored_ledger"),
        ])
        const [events, stored] = yield* counts
        assert.deepStrictEqual([events.windows, events.table, stored.table], [40, events.ledger, stored.ledger])
        const all = (yield* completed)[0]?.n ?? 0

        yield* query(`DROP SCHEMA ${schema} CASCADE`)
        yield* run("pg_restore", "--exit-on-error", file)
        const known = (yield* completed)[0]?.n ?? 0
        assert.isTrue(known >= 6 && known < all, `${known} of ${all} runs were completed when the backup was made`)
        const after = [work.start(), work.start()].map(listening)
        yield* until(work.isDone)
        yield* ended(after)
        assert.deepStrictEqual(yield* counts, [events, stored])
        const found = yield* query<{ n: number }>(
          `SELECT count(*)::int AS n FROM ${schema}.runs WHERE already_exported = 1`,
        )
        process.stderr.write(`${known} of ${all} runs were in the backup, ${found[0]?.n} were found in the ledger\n`)
        assert.strictEqual((yield* completed)[0]?.n, all)
        yield* work.verify("after the backup came back")
        const comparison = yield* world.compare(world.windows, "stored")
        assert.isTrue(comparison.equal, JSON.stringify(comparison))
      }),
    600_000,
  )
})
