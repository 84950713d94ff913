import { Effect } from "effect"
import { assert, layer } from "@effect/vitest"
import type { FailureData } from "../src/cli/failure.ts"
import { type Changes, format, World } from "./support/World.ts"

interface Case {
  readonly name: string
  readonly changes?: Changes
  readonly window?: string
  readonly export?: string
  readonly code: number
  /** What went wrong and where, and what to do. */
  readonly says: ReadonlyArray<RegExp>
}

const cases: ReadonlyArray<Case> = [
  {
    name: "a wrong password for Postgres",
    changes: { destination: { password: "wr0ng-secret" } },
    code: 1,
    says: [/AuthenticationFailed \(28P01\)/, /posthog/, /password/],
  },
  {
    name: "a wrong password for ClickHouse",
    changes: { source: { password: "wr0ng-secret" } },
    code: 1,
    says: [/AuthenticationFailed/, /password/],
  },
  {
    name: "a Postgres host that refuses",
    changes: { destination: { port: 1 } },
    code: 1,
    says: [/ConnectionFailed/, /127\.0\.0\.1:1\b/, /to do/],
  },
  {
    name: "a ClickHouse that refuses",
    changes: { source: { url: "http://127.0.0.1:1" } },
    code: 1,
    says: [/ConnectionFailed/, /127\.0\.0\.1:1\b/, /to do/],
  },
  {
    name: "a Postgres host that does not exist",
    changes: { destination: { host: "no-such-host.invalid" } },
    code: 1,
    says: [/no-such-host\.invalid/, /to do/],
  },
  {
    name: "a database that does not exist in Postgres",
    changes: { destination: { database: "nowhere" } },
    code: 1,
    says: [/DatabaseMissing \(3D000\)/, /nowhere/],
  },
  {
    name: "a database that does not exist in ClickHouse",
    changes: { source: { database: "nowhere" } },
    code: 1,
    says: [/SourceMissing/, /nowhere/],
  },
  {
    name: "a certificate that nobody vouches for",
    changes: { destination: { rootCertificate: undefined } },
    code: 1,
    says: [/TlsUntrusted/, /selfSigned/, /rootCertificate/],
  },
  {
    name: "a schema that does not exist",
    changes: { destination: { schema: "nowhere" } },
    code: 1,
    says: [/SchemaMissing/, /nowhere/, /CREATE SCHEMA/],
  },
  {
    name: "a schema without the privilege to create",
    changes: { destination: { schema: "pg_catalog" } },
    code: 1,
    says: [/PermissionDenied/, /GRANT/],
  },
  {
    name: "an unknown key",
    changes: { destination: { tabel: "x" } },
    code: 2,
    says: [/config-\d+\.yaml:\d+: destinations\.warehouse\.tabel: unknown key "tabel"; did you mean "table"\?/],
  },
  {
    name: "a missing team",
    changes: { model: { teamId: undefined } },
    code: 2,
    says: [/config-\d+\.yaml:\d+: exports\.events\.model\.teamId/, /teamId: 1/],
  },
  {
    name: "a window that ends in the future",
    window: "2026-01-31T06:00:00Z/2126-01-31T07:00:00Z",
    code: 1,
    says: [/WindowOpen/, /ends in the future/],
  },
  { name: "a window that is none", window: "yesterday", code: 2, says: [/--window: "yesterday" is not a window/] },
  {
    name: "a window that ends before it starts",
    window: "2026-01-31T07:00:00Z/2026-01-31T06:00:00Z",
    code: 2,
    says: [/must start before it ends/],
  },
  {
    name: "an export that is not there",
    export: "evnets",
    code: 2,
    says: [/export "evnets" is not in .*; did you mean "events"\?/],
  },
]

layer(World.layer({ windows: 1, rows: 200 }), { timeout: 120_000 })("bad input", (it) => {
  it.effect.each(cases)("$name: one clear error, nothing written", (bad) =>
    Effect.gen(function* () {
      const world = yield* World
      const file = world.config(bad.changes)
      const done = yield* world.cli(
        "run",
        bad.export ?? "events",
        "--config",
        file,
        "--attempts",
        "2",
        "--window",
        bad.window ?? format(world.windows[0]),
      )
      assert.strictEqual(done.code, bad.code, done.stderr)
      assert.strictEqual(done.stdout, "")
      for (const said of bad.says) assert.match(done.stderr, said)
      assert.lengthOf(done.stderr.match(/^error: /gm) ?? [], 1)
      assert.notMatch(done.stderr, /\n\s+at .*:\d+:\d+/, "no stack trace")
      assert.notInclude(done.stderr, "wr0ng-secret")
      assert.notInclude(done.stderr, world.ch.password)
      assert.deepStrictEqual(
        yield* world.query(
          `SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = '${world.schema}'`,
        ),
        [],
      )
    }),
  )

  it.effect("with --json, says the same as data, and nothing else on standard output", () =>
    Effect.gen(function* () {
      const world = yield* World
      const fails = (name: string, file: string, window: string) =>
        Effect.map(world.cli("run", name, "--json", "--config", file, "--window", window), ({ code, stdout }) => {
          const { error } = JSON.parse(stdout) as FailureData
          return [code, error.side, error.reason]
        })
      const hour = format(world.windows[0])
      assert.deepStrictEqual(
        yield* Effect.all([
          fails("events", world.config({ destination: { password: "wr0ng-secret" } }), hour),
          fails("events", world.config({ source: { password: "wr0ng-secret" } }), hour),
          fails("events", world.config({ destination: { tabel: "x" } }), hour),
          fails("evnets", world.config(), hour),
          fails("events", world.config(), "yesterday"),
        ]),
        [
          [1, "destination", "AuthenticationFailed"],
          [1, "source", "AuthenticationFailed"],
          [2, "configuration", "ConfigInvalid"],
          [2, "command", "Usage"],
          [2, "command", "Usage"],
        ],
      )
    }),
  )

  it.effect("a command that is none exits with 2, and help with 0", () =>
    Effect.gen(function* () {
      const world = yield* World
      const codes = yield* Effect.forEach([["frob"], ["run"], ["run", "events", "--frob"], ["--help"], []], (args) =>
        world.cli(...args),
      )
      assert.deepStrictEqual(
        codes.map(({ code }) => code),
        [2, 2, 2, 0, 0],
      )
    }),
  )

  it.effect("as a process: the same words, the same exit code", () =>
    Effect.gen(function* () {
      const world = yield* World
      const args = ["run", "events", "--config", world.config(), "--window", "yesterday"]
      assert.deepStrictEqual(yield* Effect.promise(() => world.start(...args).finished), yield* world.cli(...args))
    }),
  )

  it.effect("a configuration that is not there", () =>
    Effect.gen(function* () {
      const world = yield* World
      const done = yield* world.cli(
        "run",
        "events",
        "--config",
        `${world.folder}/none.yaml`,
        "--window",
        format(world.windows[0]),
      )
      assert.strictEqual(done.code, 2)
      assert.match(done.stderr, /none\.yaml: does not exist\. Write one with: batch-exports init/)
    }),
  )
})
