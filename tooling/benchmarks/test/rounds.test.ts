/** The harness on real servers and little data. No figure is judged: only that everyone loads the same, and that who does not is noticed. */
import { assert, describe, layer } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { type Contestant, contestants } from "../src/contestants/index.ts"
import { hasShellTools } from "../src/contestants/shell.ts"
import { machine } from "../src/machine.ts"
import * as Proc from "../src/proc.ts"
import * as Report from "../src/report.ts"
import { compete } from "../src/rounds.ts"
import * as Servers from "../src/servers.ts"
import * as Target from "../src/target.ts"

class World extends Context.Service<World, { readonly servers: Servers.Servers; readonly user: Target.User }>()(
  "@batch-exports/benchmarks/test/World",
) {
  static readonly layer = Layer.effect(
    this,
    Effect.gen(function* () {
      const servers = yield* Servers.start({ tls: false })
      return { servers, user: yield* Target.makeUser(servers) }
    }),
  )
}

const available = (shell: boolean) => contestants(shell).filter(({ unavailable }) => unavailable === undefined)

const first = (shell: boolean): Contestant => {
  const [contestant] = available(shell)
  assert.isDefined(contestant)
  return contestant
}

/** Each load is a process of its own, and a busy machine starts them slowly. */
const timeout = 300_000

const nothingSaid = { bytes: undefined, startUp: undefined, encoding: undefined }

layer(World.layer)("compete", (it) => {
  it.effect(
    "every contestant loads the same events",
    () =>
      Effect.gen(function* () {
        const world = yield* World
        const shell = hasShellTools()
        const all = available(shell)
        const result = yield* compete({
          ...world,
          scenario: { width: "typical", rows: 500 },
          contestants: all,
          rounds: 1,
        })
        assert.deepStrictEqual(result.failures, [])
        const [round] = result.rounds
        assert.deepStrictEqual(
          [...(round?.keys() ?? [])],
          all.map(({ name }) => name),
        )
        for (const { cpu, rows, seconds, walBytes } of round?.values() ?? []) {
          assert.strictEqual(rows, 500)
          assert.isAbove(seconds, 0)
          assert.isAbove(walBytes, 0)
          if (Proc.available && !world.servers.postgres.external) assert.isDefined(cpu.postgres)
        }

        const report = {
          at: new Date(0),
          command: "npm run bench",
          tls: false,
          machine: machine(world.servers),
          contestants: all,
          results: [result],
        }
        const text = Report.markdown(report)
        for (const { title } of all) assert.include(text, `| ${title} `)
        const data = JSON.parse(Report.json(report)) as {
          results: Array<{ rounds: Array<Array<{ contestant: string }>> }>
        }
        assert.deepStrictEqual(
          data.results[0]?.rounds[0]?.map(({ contestant }) => contestant),
          all.map(({ name }) => name),
        )
        for (const secret of [world.user.password, world.servers.clickHouse.password]) {
          assert.notInclude(text + Report.json(report), secret)
        }
      }),
    timeout,
  )

  describe("without curl and psql", () => {
    for (const width of ["narrow", "wide"] as const) {
      it.effect(
        `plain pipes load the same, ${width}`,
        () =>
          Effect.gen(function* () {
            const pipes = available(false).filter(({ name }) => name.startsWith("plain-"))
            const result = yield* compete({
              ...(yield* World),
              scenario: { width, rows: 300 },
              contestants: pipes,
              rounds: 1,
            })
            assert.deepStrictEqual(result.failures, [])
            assert.strictEqual(result.rounds[0]?.size, 2)
          }),
        timeout,
      )
    }
  })

  it.effect(
    "who loads nothing is left out, and who loads other content too",
    () =>
      Effect.gen(function* () {
        const honest = first(false)
        const idle: Contestant = {
          ...honest,
          title: "idle",
          command: (place) => ({ ...honest.command(place), program: "true", args: [], read: () => nothingSaid }),
        }
        const other: Contestant = {
          ...honest,
          title: "other",
          command: (place) => {
            const command = honest.command(place)
            return { ...command, stdin: command.stdin.replace("SELECT uuid", "SELECT generateUUIDv4()") }
          },
        }
        const result = yield* compete({
          ...(yield* World),
          scenario: { width: "narrow", rows: 50 },
          contestants: [honest, idle, other],
          rounds: 1,
        })
        assert.deepStrictEqual(result.contestants, [honest])
        assert.lengthOf(result.failures, 2)
        assert.include(result.failures[0], "idle: loaded 0 rows, and there are 50")
        assert.include(result.failures[1], "other loaded other content")
      }),
    timeout,
  )

  it.effect(
    "a wrong count voids its round, and only that",
    () =>
      Effect.gen(function* () {
        const honest = first(false)
        let loads = 0
        const fickle: Contestant = {
          ...honest,
          name: "rows",
          title: "fickle",
          command: (place) => {
            const command = honest.command(place)
            loads += 1
            return loads === 2 ? { ...command, program: "true", args: [], read: () => nothingSaid } : command
          },
        }
        const result = yield* compete({
          ...(yield* World),
          scenario: { width: "narrow", rows: 50 },
          contestants: [honest, fickle],
          rounds: 2,
        })
        assert.deepStrictEqual(result.failures, [
          "round 1 of 2 does not count: fickle: loaded 0 rows, and there are 50",
        ])
        assert.deepStrictEqual(
          result.rounds.map((round) => round.size),
          [2],
        )
      }),
    timeout,
  )
})
