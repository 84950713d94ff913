import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { readFileSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { vi } from "vitest"
import type { FailureData } from "../src/cli/failure.ts"
import type { RunRecord } from "../src/cli/runs.ts"
import { allFinished, query, until } from "./support/runnerProcess.ts"
import { receiver } from "./support/receiver.ts"
import { format, World } from "./support/World.ts"

vi.setConfig({ testTimeout: 300_000 })

const freePort = Effect.callback<number>((resume) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const { port } = server.address() as AddressInfo
    server.close(() => resume(Effect.succeed(port)))
  })
})

const json = ({ stdout }: { readonly stdout: string }): unknown => JSON.parse(stdout)

layer(World.layer({ windows: 3, rows: 900 }), { timeout: 120_000 })("the command line beside a runner", (it) => {
  it.effect("shows what it does, and changes it", () =>
    Effect.gen(function* () {
      const world = yield* World
      const port = yield* freePort
      const folder = join(world.folder, "data")
      const [first, last] = [world.windows[0], world.windows.at(-1)]
      const schedule = {
        every: "hour",
        startAt: first?.start.toISOString(),
        endAt: world.windows[1]?.end.toISOString(),
      }
      const file = world.config({ schedule, runner: { listen: `127.0.0.1:${port}` } })
      const say = (...args: ReadonlyArray<string>) => world.cli(...args, "--data", folder)

      const nothing = yield* say("status")
      assert.strictEqual(nothing.code, 2)
      assert.match(nothing.stderr, /there is no runner's state in .*batch-exports start/)

      const told = new Map<string, string>()
      const collector = yield* receiver((body, path) => {
        told.set(path, `${told.get(path) ?? ""}${JSON.stringify(body)}`)
      })
      world.env["OTEL_EXPORTER_OTLP_ENDPOINT"] = "https://somebody:hidden@collector.example.com"
      const refused = yield* Effect.promise(() => world.start("start", "--config", file, "--data", folder).finished)
      assert.strictEqual(refused.code, 1)
      assert.match(refused.stderr, /OTEL_EXPORTER_OTLP_ENDPOINT must be .* without user and password\n {2}to do/)
      assert.notInclude(refused.stderr, "hidden")
      world.env["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector
      const runner = world.start("start", "--config", file, "--data", folder)
      delete world.env["OTEL_EXPORTER_OTLP_ENDPOINT"]
      yield* Effect.promise(() => until(runner, folder, allFinished(2)))
      const [status, runs, second] = yield* Effect.all(
        [say("status", "--json"), say("runs", "--json"), world.cli("start", "--config", file, "--data", folder)],
        { concurrency: 3 },
      )
      const state = json(status) as { running: boolean; exports: ReadonlyArray<Record<string, unknown>> }
      assert.isTrue(state.running)
      assert.deepInclude(state.exports[0], {
        name: "events",
        schedule: "every hour",
        state: "active",
        exportedUntil: schedule.endAt,
        waiting: 0,
        failed: 0,
      })
      const [newest, oldest] = json(runs) as ReadonlyArray<RunRecord>
      assert.strictEqual(oldest?.window, format(first))
      assert.isAbove(newest?.stored?.received ?? 0, 200)
      assert.strictEqual(second.code, 1)
      assert.match(second.stderr, /another runner is using .*\n {2}to do/)

      const id = newest?.id ?? ""
      const [one, logs, unknown, paused, health, metrics] = yield* Effect.all(
        [
          say("runs", id.slice(0, 8)),
          say("logs", id.slice(0, 8), "--search", "completed"),
          say("retry", "ffff", "--json"),
          say("pause", "events", "--note", "maintenance", "--json"),
          Effect.promise(() => fetch(`http://127.0.0.1:${port}/readyz`).then((answer) => answer.text())),
          Effect.promise(() => fetch(`http://127.0.0.1:${port}/metrics`).then((answer) => answer.text())),
        ],
        { concurrency: 4 },
      )
      assert.match(one.stdout, new RegExp(`run +${id}\n(.*\n)*state +completed\n(.*\n)*left out .*person_properties`))
      assert.match(logs.stdout, new RegExp(`info +events +${id.slice(0, 8)} +completed: \\d+ rows`))
      assert.strictEqual(unknown.code, 2)
      assert.match((json(unknown) as FailureData).error.message, /there is no run "ffff"/)
      assert.deepStrictEqual(json(paused), { export: "events", state: "paused", changed: true })
      assert.strictEqual(health, "ok\n")
      assert.match(metrics, /batch_exports_runs_total\{export="events",state="completed"\} 2/)
      assert.match(metrics, /batch_exports_rows_total\{export="events"\} \d+/)

      // A longer schedule comes with the configuration; the pause holds it back until it is lifted.
      writeFileSync(file, readFileSync(file, "utf8").replace(schedule.endAt ?? "", last?.end.toISOString() ?? ""))
      // More of them come while the first is followed.
      for (let n = 0; n < 3; n++) {
        runner.kill("SIGHUP")
        yield* Effect.promise(() => sleep(30))
      }
      const range = `${first?.start.toISOString()}/${world.windows[1]?.end.toISOString()}`
      const filled = yield* say("backfill", "start", "events", "--config", file, "--range", range, "--wait", "--json")
      assert.deepInclude(json(filled) as Record<string, unknown>, { state: "completed", done: 1 })
      const text = yield* say("status")
      assert.match(text.stdout, /events +every hour +paused/)
      assert.match(text.stdout, /events: maintenance\n {2}to do +batch-exports resume events/)
      assert.strictEqual((yield* say("resume", "events")).code, 0)
      yield* Effect.promise(() => until(runner, folder, allFinished(3)))
      runner.kill("SIGTERM")
      const ended = yield* Effect.promise(() => runner.finished)
      assert.strictEqual(ended.code, 0, ended.stderr)
      assert.notInclude(ended.stderr, world.ch.password)
      const [greeting, ...log] = ended.stderr.trim().split("\n")
      assert.strictEqual(greeting, "Running 1 of 1 exports on schedule.")
      for (const line of log) assert.containsAllKeys(JSON.parse(line), ["level", "message", "timestamp"], line)
      assert.strictEqual(ended.stdout, "")
      // What is left is sent when the runner stops.
      assert.include(told.get("/v1/logs"), "completed: ")
      assert.include(told.get("/v1/metrics"), "batch_exports_runs_total")
      assert.include(told.get("/v1/traces"), "runExport")
      assert.notInclude([...told.values()].join(), world.ch.password)
      const comparison = yield* world.compare()
      assert.isTrue(comparison.equal, JSON.stringify(comparison))
      assert.match((yield* say("resume", "events")).stderr, /The runner is not running/)
      assert.strictEqual((yield* say("runs", "--skipped")).stdout, "nothing was skipped\n")
      query(folder, "UPDATE occurrences SET outcome = 'skipped', reason = 'overlap', run_id = NULL")
      assert.match(
        (yield* say("runs", "--skipped", "--export", "events", "--limit", "1")).stdout,
        /events .*Z +1 +overlap\n$/,
      )
      query(folder, `UPDATE runs SET state = 'failed' WHERE id = '${id}'`)
      assert.strictEqual((yield* say("pause", "events", "--note", "it fails")).code, 0)
      const failing = (yield* say("status")).stdout
      assert.match(
        failing,
        /events: it fails\n {2}why +.*logs --level error .*\n {2}to do +.*resume events --retry-failed/,
      )
      assert.match((yield* say("resume", "events", "--retry-failed")).stdout, /goes on\. Tried again: 1 failed run\./)
    }),
  )

  it.effect("carries a backfill out where there is no runner, and waits for nothing that nobody does", () =>
    Effect.gen(function* () {
      const world = yield* World
      const folder = join(world.folder, "alone", "data")
      const names = { table: "alone", ledgerTable: "alone_ledger" }
      const file = world.config({ destination: names, schedule: "hour" })
      const range = `${world.windows[0]?.start.toISOString()}/${world.windows[1]?.end.toISOString()}`
      const say = (...args: ReadonlyArray<string>) => world.cli(...args, "--data", folder)
      const backfill = ["backfill", "start", "events", "--config", file, "--range", range, "--step", "hour"]

      // Ten years before the first event: nothing of it is gone through.
      const early = range.replace(/^2026/, "2016")
      const estimated = yield* say(...backfill.map((word) => (word === range ? early : word)), "--estimate")
      assert.match(estimated.stdout, /it starts with the earliest data: .* 2016-01-31T06:00Z/)
      assert.match(estimated.stdout, /windows +2, each hour\nholds +about [\d,]+ rows, .*B at the source/)
      assert.strictEqual((yield* say(...backfill)).code, 2, "there is no state yet")
      const done = yield* say(...backfill, "--wait", "--json")
      assert.strictEqual(done.code, 0, done.stderr)
      assert.match(done.stderr, /No runner is running: this command does the work/)
      assert.deepInclude(json(done) as Record<string, unknown>, { state: "completed", windows: 2 })
      const comparison = yield* world.compare(world.windows.slice(0, 2), names.table)
      assert.isTrue(comparison.equal, JSON.stringify(comparison))

      const { id } = json(yield* say(...backfill, "--force", "--json")) as { readonly id: string }
      const watched = yield* say("backfill", "watch", id)
      assert.strictEqual(watched.code, 1)
      assert.match(watched.stderr, /no runner is running.*\n {2}to do .*backfill resume .* --wait/)
      const counts = yield* world.counts(names.table, names.ledgerTable)
      assert.strictEqual((yield* say("backfill", "resume", id, "--wait", "--config", file)).code, 0)
      assert.strictEqual((yield* world.counts(names.table, names.ledgerTable)).table, counts.table * 2)
      assert.match((yield* say("backfill", "resume", id, "--wait", "--config", file)).stderr, /is completed/)
      assert.deepInclude(json(yield* say("cancel", id, "--json")) as object, { state: "completed", changed: false })
    }),
  )

  it.effect("takes a new user from nothing to exports that run by themselves", () =>
    Effect.gen(function* () {
      const { ch, cli, folder: root, query, server, start, windows } = yield* World
      for (const statement of ["CREATE SCHEMA first_hour", "GRANT CREATE, USAGE ON SCHEMA first_hour TO posthog"])
        yield* query(statement)
      const file = join(root, "first.yaml")
      const answers = {
        "clickhouse-url": ch.url,
        "clickhouse-user": ch.user,
        "clickhouse-database": "posthog",
        team: "all",
        "postgres-host": server.host,
        "postgres-port": String(server.port),
        "postgres-user": "posthog",
        "postgres-database": server.database,
        "postgres-schema": "first_hour",
        "self-signed": "yes",
      }
      const flags = Object.entries(answers).flatMap(([flag, answer]) => [`--${flag}`, answer])
      const initial = yield* cli("init", "--output", file, ...flags)
      assert.strictEqual(initial.code, 0, initial.stderr)
      assert.match(initial.stdout, /CLICKHOUSE_PASSWORD and POSTGRES_PASSWORD; then\n {2}batch-exports check events\n/)

      const use = (...words: ReadonlyArray<string>) => cli(...words, "--config", file)
      const checked = yield* use("check", "events")
      assert.strictEqual(checked.code, 0, checked.stdout + checked.stderr)
      assert.include((yield* use("plan", "events", "--window", format(windows[0]))).stdout, "CREATE TABLE")
      const done = yield* use("run", "events", "--window", format(windows[0]))
      assert.strictEqual(done.code, 0, done.stderr)

      // No port of its own, for the sake of others on this machine.
      writeFileSync(file, `${readFileSync(file, "utf8")}\nrunner: { listen: "off" }\n`)
      const data = join(root, "first")
      const runner = start("start", "--config", file, "--data", data)
      yield* Effect.promise(() => runner.said("Running 1 of 1 exports on schedule."))
      const range = `${windows[1]?.start.toISOString()}/${windows[2]?.end.toISOString()}`
      const history = yield* use("backfill", "start", "events", "--range", range, "--data", data, "--wait")
      assert.match(history.stdout, /completed {2}2 windows/, history.stderr)
      assert.match((yield* cli("status", "--data", data)).stdout, /events +every hour +active/)
      runner.kill("SIGTERM")
      // The log is on standard error, like everything that is not a result.
      const { code, stdout } = yield* Effect.promise(() => runner.finished)
      assert.deepStrictEqual([code, stdout], [0, ""])
      const [counts] = yield* query<{ rows: number; ledger: number; windows: number }>(
        "SELECT (SELECT count(*)::int FROM first_hour.events) AS rows, sum(rows)::int AS ledger, count(*)::int AS windows FROM first_hour.batch_exports_ledger",
      )
      assert.deepStrictEqual([counts?.windows, counts?.rows], [3, counts?.ledger])
      assert.isAbove(counts?.rows ?? 0, 900)
    }),
  )

  it.effect("shows the records and the fields of an export", () =>
    Effect.gen(function* () {
      const world = yield* World
      const file = world.config()
      const [peeked, described] = yield* Effect.all(
        [
          world.cli("peek", "events", "--config", file, "--window", format(world.windows[0]), "--limit", "2"),
          world.cli("models", "events", "--config", file, "--json"),
        ],
        { concurrency: 2 },
      )
      const lines = peeked.stdout.trim().split("\n")
      assert.lengthOf(lines, 2, peeked.stderr)
      for (const line of lines) assert.property(JSON.parse(line), "uuid")
      const model = json(described) as { name: string; fields: ReadonlyArray<{ name: string; type: string }> }
      assert.strictEqual(model.name, "events")
      assert.include(
        model.fields.map(({ name }) => name),
        "distinct_id",
      )
    }),
  )
})
