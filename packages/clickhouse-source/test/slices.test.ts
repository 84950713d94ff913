/** Readings of several queries: how many there are, and that one answer which is not whole spoils all. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Schema, Scope } from "effect"
import { persons } from "../src/models/persons.ts"
import { slices } from "../src/models/slices.ts"
import { Persons } from "../src/Selection.ts"
import { collect, configured, day, projection, run } from "./support/reading.ts"
import { type Asked, nonceOf, replaying } from "./support/servers.ts"

describe("slices", () => {
  const cases = [
    ["nothing", 0, 0, 1, false],
    ["few changes of few keys", 10, 10, 1, false],
    ["few changes of many keys", 50_000_000, 900_000, 1, false],
    ["as many as a query holds", 5_000_000, 1_000_000, 1, false],
    ["one more", 5_000_000, 1_000_001, 2, false],
    ["most of them", 1_500_000, 800_000, 2, true],
    ["all of them", 10_000_000, 10_000_000, 10, true],
    ["more than there are, by estimate", 400_000, 900_000, 1, true],
  ] as const
  for (const [what, all, changed, count, everything] of cases) {
    it(`${what}: ${count}`, () => {
      const made = slices(all, changed, 1_000_000)
      assert.deepStrictEqual(made, Array.from({ length: count }, (_, index) => ({ index, count, everything })) as never)
    })
  }
})

const selection = Schema.decodeUnknownSync(Persons)({ name: "persons", teamId: 1, keysPerQuery: 1 })
const { model, tables } = persons(selection)

describe("a reading of three queries", () => {
  /** Answers what comes before the reading; `answer` is given the number of the query, from 0. */
  const opened = Effect.fnUntraced(function* (
    answer: (index: number, asked: Asked, end: (text: string) => void, cut: () => void) => void,
  ) {
    const killed: Array<string | null> = []
    let reads = 0
    const server = yield* replaying((asked, response) => {
      const table = tables.find(({ name }) => asked.query.includes(name))
      if (asked.query.startsWith("DESCRIBE"))
        response.end(table?.columns.map((name) => `${JSON.stringify({ name })}\n`).join(""))
      else if (asked.query.startsWith("KILL")) {
        killed.push(asked.params.get("param_id"))
        response.end()
      } else if (asked.params.has("format_template_row_format")) {
        const cut = () => {
          response.write("half a row")
          setTimeout(() => response.destroy(), 20)
        }
        answer(reads++, asked, (text) => response.end(text), cut)
      } else response.end('{"persons":"3","changed_persons":"0","mappings":"9","changed_mappings":"3"}\n')
    })
    const source = yield* configured(server, { selection: { name: "persons", keysPerQuery: 1 } }).open
    const reading = yield* source.read({
      run: run(source, day),
      projection: projection(model, "postgres-copy-text", ["distinct_id"]),
      window: day,
    })
    return { reading, reads: () => reads, killed }
  })

  it.live("is the answers one after the other, counted together", () =>
    Effect.gen(function* () {
      const { reading, reads } = yield* opened((index, asked, end) =>
        end(`row ${index}\n${nonceOf(asked)}${index + 1}`),
      )
      assert.strictEqual(reads(), 1)
      const early = yield* Effect.flip(reading.tally)
      assert.strictEqual(early.reason, "Misuse")
      const bytes = yield* Effect.promise(() => collect(reading.bytes))
      assert.strictEqual(bytes.toString(), "row 0\nrow 1\nrow 2\n")
      assert.deepStrictEqual(yield* reading.tally, { rows: 6, adjusted: {} })
      yield* Effect.promise(() => collect(reading.bytes).catch(() => undefined))
      assert.strictEqual(reading.failure()?.reason, "Misuse")
    }).pipe(Effect.scoped),
  )

  for (const [broken, at] of [
    ["cut", 0],
    ["cut", 2],
    ["without a trailer", 1],
    ["refused", 1],
    ["refused", 2],
  ] as const) {
    it.live(`fails where answer ${at} is ${broken}`, () =>
      Effect.gen(function* () {
        const { reading } = yield* opened((index, asked, end, cut) => {
          if (index !== at) return end(`row\n${nonceOf(asked)}1`)
          if (broken === "cut") return cut()
          return end(broken === "refused" ? "Code: 60. DB::Exception: Table gone. (UNKNOWN_TABLE)" : "row\n")
        })
        const outcome = yield* Effect.exit(Effect.tryPromise(() => collect(reading.bytes)))
        assert.isTrue(Exit.isFailure(outcome))
        const failure = yield* Effect.flip(reading.tally)
        assert.strictEqual(reading.failure(), failure)
        const reasons = { cut: "ConnectionLost", refused: "SourceMissing", "without a trailer": "SourceIncomplete" }
        assert.strictEqual(failure.reason, reasons[broken])
      }).pipe(Effect.scoped),
    )
  }

  it.live("is let go of when its scope closes in the middle", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { killed, reading, reads } = yield* opened((index, asked, end, cut) =>
        index === 1 ? undefined : index === 0 ? end(`row\n${nonceOf(asked)}1`) : cut(),
      ).pipe(Scope.provide(scope))
      const waiting = collect(reading.bytes).then(
        () => "whole",
        () => "broken",
      )
      yield* Effect.promise(async () => {
        while (reads() < 2) await new Promise((resolve) => setTimeout(resolve, 5))
      })
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(yield* Effect.promise(() => waiting), "broken")
      assert.lengthOf(killed, 1)
    }),
  )
})
