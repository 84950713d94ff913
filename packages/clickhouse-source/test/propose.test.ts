/** What is proposed for tables of all kinds, out of the real catalogue; and that it can be exported as it is. */
import { assert, layer } from "@effect/vitest"
import { ClickHouseServer } from "@batch-exports/dev-services"
import { Effect, Result } from "effect"
import { ClickHouseSource, type Config, listTables, propose, type Proposal, readCatalogue } from "../src/index.ts"
import { Config as ConfigSchema } from "../src/Config.ts"
import { decodeConfig } from "@batch-exports/core"
import { client } from "./support/reading.ts"

const cases: ReadonlyArray<
  readonly [what: string, create: string, model: Partial<Proposal["model"]>, notes: ReadonlyArray<RegExp>]
> = [
  [
    "records that replace each other",
    "(id UInt64, state String, created_at DateTime, updated_at DateTime64(3)) ENGINE = ReplacingMergeTree(updated_at) ORDER BY (id)",
    { time: "updated_at", key: ["id"], lookback: "1 hour" },
    [],
  ],
  [
    "a version that is a number, and an odd name",
    "(`a b` String, team Int32, v UInt64, deleted UInt8, inserted_at DateTime DEFAULT now()) ENGINE = ReplacingMergeTree(v, deleted) ORDER BY (team, `a b`)",
    { time: "inserted_at", key: ["team", "a b"], version: "v", lookback: "1 hour" },
    [],
  ],
  [
    "records that replace each other by an expression",
    "(id String, at DateTime) ENGINE = ReplacingMergeTree ORDER BY cityHash64(id)",
    { time: "at" },
    [/by an expression/, /Look whether "at"/],
  ],
  [
    "a log with an arrival",
    "(timestamp DateTime64(6), line String, _inserted_at DateTime DEFAULT now()) ENGINE = MergeTree ORDER BY timestamp",
    { time: "_inserted_at" },
    [],
  ],
  [
    "a log without",
    "(timestamp DateTime64(6), line String) ENGINE = MergeTree ORDER BY timestamp",
    { time: "timestamp" },
    [/when something happened/],
  ],
  [
    "states",
    "(id Int32, s AggregateFunction(sum, Int64), day Date) ENGINE = AggregatingMergeTree ORDER BY (id, day)",
    { exclude: ["s"] },
    [/finalizeAggregation\(`s`\)/, /hold states/, /name a time or a key/],
  ],
  [
    "a list without times",
    "(code String, name String) ENGINE = ReplacingMergeTree ORDER BY code",
    { key: ["code"] },
    [/sends the whole table/],
  ],
  [
    "a key that may be NULL",
    "(code Nullable(String), changed_at DateTime) ENGINE = ReplacingMergeTree(changed_at) ORDER BY code SETTINGS allow_nullable_key = 1",
    { time: "changed_at" },
    [/by an expression/],
  ],
]

layer(ClickHouseServer.layer)("a proposal", (it) => {
  it.effect("is made from the catalogue, and can be used", () =>
    Effect.gen(function* () {
      const { password, url, user } = yield* ClickHouseServer
      const connection = yield* client(yield* ClickHouseServer)
      const source = { url, user, password, database: "proposals" }
      const config: typeof Config.Type = Result.getOrThrow(decodeConfig(ConfigSchema, source))
      const command = (query: string) => Effect.promise(() => connection.command({ query }))
      yield* command("CREATE DATABASE proposals")
      for (const [index, [what, create, model, notes]] of cases.entries()) {
        yield* command(`CREATE TABLE proposals.t${index} ${create}`)
        const proposal = propose(yield* readCatalogue(config, `t${index}`))
        assert.deepStrictEqual(proposal.model, { name: "table", table: `t${index}`, ...model }, what)
        assert.strictEqual(proposal.notes.length, notes.length, `${what}: ${proposal.notes.join(" ")}`)
        for (const [at, says] of notes.entries()) assert.match(proposal.notes[at] ?? "", says, what)
        const configured = ClickHouseSource.configure({ value: source }, { value: proposal.model })
        assert.strictEqual(Result.isSuccess(configured), proposal.complete, what)
        if (Result.isSuccess(configured)) yield* Effect.scoped(configured.success.open)
      }
      assert.deepStrictEqual(
        (yield* listTables(config)).slice(0, cases.length),
        cases.map((_, index) => `t${index}`),
      )
      const error = yield* Effect.flip(readCatalogue(config, "nothing"))
      assert.strictEqual(error.reason, "SourceMissing")
    }),
  )
})
