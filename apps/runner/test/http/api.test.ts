/** The API without any other server: what is stored, shown, refused, and kept over a restart. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Ref } from "effect"
import { OpenApi } from "effect/http-api"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { request as plainRequest } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { Api } from "../../src/http/api/Api.ts"
import { Definitions } from "../../src/runner/Definitions.ts"
import * as Runner from "../../src/runner/Runner.ts"
import * as Backfills from "../../src/store/Backfills.ts"
import * as Runs from "../../src/store/Runs.ts"
import * as StoredExports from "../../src/store/StoredExports.ts"
import { invoke } from "../support/invoke.ts"
import { withRunner } from "../support/runner.ts"
import { client, decoded, messages, withKey } from "./support.ts"

const text = (runner = "listen: 127.0.0.1:0", exports = "events", host = "db.example.com") => `
runner: { ${runner} }
sources: { analytics: { type: clickhouse, url: "http://127.0.0.1:1", password: secret-of-clickhouse } }
destinations:
  warehouse: { type: postgres, user: u, password: secret-of-postgres, host: ${host}, database: d, table: t }
exports: { ${exports}: { model: { name: events, teamId: 1 }, destination: warehouse, schedule: hour } }
`

const file = (...settings: Parameters<typeof text>) => decoded(text(...settings))

const TOKEN = "a-token-of-some-length"

const stateFolder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "batch-exports-api-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true })),
)

const destination = {
  type: "postgres",
  user: "u",
  password: "secret-of-mine",
  host: "localhost",
  port: 1,
  database: "d",
  table: "t",
}
const definition = { model: { name: "events", teamId: 1 }, destination, schedule: "5 minutes" }

/** Every route of the document, with something in the places of its parameters. */
const routes = Object.entries(OpenApi.fromApi(Api).paths).flatMap(([path, operations]) =>
  Object.keys(operations).map((method) => ({
    method: method.toUpperCase(),
    path: path.replaceAll(/\{\w+\}/g, "events"),
  })),
)

/** With any Host, which `fetch` does not let one say. */
const asked = (address: string, host: string) =>
  Effect.callback<number>((resume) => {
    const request = plainRequest(new URL("/api/exports", address), { headers: { host } }, (response) => {
      response.resume().on("end", () => resume(Effect.succeed(response.statusCode ?? 0)))
    })
    request.end()
  })

/** The beginning of a request's body, after which the connection breaks. */
const brokenOff = (address: string, body: string, missing: number) =>
  Effect.callback<void>((resume) => {
    const request = plainRequest(new URL("/api/exports", address), {
      method: "POST",
      headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body) + missing },
    })
    request.on("error", () => {}).on("close", () => resume(Effect.void))
    request.write(body, () => request.destroy())
  })

describe("the API", () => {
  it.live("takes no request whose body broke off, even where it could be read so far", () =>
    Effect.gen(function* () {
      const body = JSON.stringify({ name: "mine", ...definition })
      yield* Effect.gen(function* () {
        const { address, get, post } = yield* client
        yield* brokenOff(address, body.slice(0, 40), body.length - 40)
        yield* brokenOff(address, body, 1)
        const { items } = (yield* get("/api/exports")).body
        assert.deepStrictEqual(
          items.map(({ name }: { readonly name: string }) => name),
          ["events"],
        )
        assert.strictEqual((yield* post("/api/exports", JSON.parse(body))).status, 201)
      }).pipe(withRunner(file(), yield* stateFolder), withKey)
    }).pipe(Effect.scoped),
  )

  it.live("creates, changes, pauses and deletes exports, and shows no secret to anybody", () =>
    Effect.gen(function* () {
      const folder = yield* stateFolder
      const seen: Array<string> = []
      yield* Effect.gen(function* () {
        const { call, get, post } = yield* client
        const say = <A extends { readonly text: string }>(answer: A) => (seen.push(answer.text), answer)

        const wrong = say(
          yield* post("/api/exports", {
            name: "mine",
            ...definition,
            schedule: "5 minute",
            model: { name: "events" },
            destination: { ...destination, port: 99_999, tabel: "t" },
          }),
        )
        assert.strictEqual(wrong.status, 422)
        assert.sameMembers(
          wrong.body.fields.map((field: { readonly pointer: string }) => field.pointer),
          ["/model/teamId", "/destination/port", "/destination/tabel"],
        )
        assert.strictEqual((yield* post("/api/exports", { name: "mine" })).body.fields[0].pointer, "/model")
        // Which servers data is read from, and where the secrets of the file go, is the file's to say.
        for (const [part, pointers] of [
          [{ source: { type: "clickhouse", url: "http://127.0.0.1:1" } }, ["/source"]],
          [{ source: { use: "analytics", failover: ["http://evil.example"] } }, ["/source/failover"]],
          [{ destination: { use: "warehouse", host: "evil.example" } }, ["/destination/host"]],
        ] as const) {
          for (const path of ["/api/exports", "/api/check", "/api/plan"]) {
            const refused = yield* post(path, {
              ...(path === "/api/exports" ? { name: "mine" } : {}),
              ...definition,
              ...part,
            })
            assert.deepStrictEqual(
              refused.body.fields.map((field: { readonly pointer: string }) => field.pointer),
              pointers,
            )
          }
        }
        for (const name of ["", " x", "a/b", "a\n", "x".repeat(201)]) {
          assert.strictEqual((yield* post("/api/exports", { name, ...definition })).body.fields[0].pointer, "/name")
        }
        assert.strictEqual((yield* post("/api/exports", { name: "events", ...definition })).status, 409)

        const created = say(yield* post("/api/exports", { name: "my export", ...definition }))
        assert.strictEqual(created.status, 201, created.text)
        assert.strictEqual(created.body.managedBy, "api")
        assert.deepStrictEqual(created.body.resolved.destination.secrets, ["/password"])
        // The first run is at the end of the period under way.
        const next = Date.parse(created.body.nextRunAt)
        assert.strictEqual((next - 60_000) % 300_000, 0)
        assert.isTrue(next > Date.now() && next <= Date.now() + 360_000)
        assert.isTrue((yield* Ref.get(yield* Definitions)).definitions.has("my export"))
        assert.strictEqual((yield* post("/api/exports", { name: "my export", ...definition })).status, 409)

        const one = say(yield* get("/api/exports?limit=1"))
        assert.strictEqual(one.body.items[0].name, "events")
        const two = say(yield* get(`/api/exports?limit=1&cursor=${one.body.next}`))
        assert.strictEqual(two.body.items[0].name, "my export")
        assert.isNull(two.body.next)

        const at = "/api/exports/my%20export"
        const patched = say(yield* call("PATCH", at, { schedule: "day", destination: { table: "t2" } }))
        assert.deepStrictEqual(
          [patched.status, patched.body.schedule, patched.body.resolved.destination.settings.table],
          [200, "every day", "t2"],
        )
        assert.deepStrictEqual(patched.body.resolved.destination.secrets, ["/password"])
        const moved = say(yield* call("PATCH", at, { destination: { host: "evil.example" } }))
        assert.deepStrictEqual([moved.status, moved.body.fields[0].pointer], [422, "/destination/password"])
        const byHand = yield* call("PATCH", at, { schedule: null })
        assert.deepStrictEqual([byHand.body.state, byHand.body.nextRunAt], ["by hand", null])
        assert.strictEqual((yield* call("PATCH", at, { name: "other" })).status, 422)

        yield* call("PATCH", at, { schedule: "hour" })
        const paused = yield* post(`${at}/pause`, { note: "for now" })
        assert.deepStrictEqual([paused.body.state, paused.body.note], ["paused", "for now"])
        assert.strictEqual((yield* post(`${at}/resume`, { skipGap: true })).body.state, "active")

        const events = say(yield* get("/api/exports/events"))
        assert.deepStrictEqual(events.body.resolved.destination.secrets, ["/password"])
        for (const [method, body] of [
          ["PATCH", { schedule: "day" }],
          ["DELETE", undefined],
        ] as const) {
          const refused = say(yield* call(method, "/api/exports/events", body))
          assert.strictEqual(refused.status, 409)
          assert.match(refused.body.remedy, /SIGHUP/)
        }
        assert.strictEqual((yield* get("/api/exports/nothing")).status, 404)

        const checked = say(yield* post(`${at}/check`))
        const steps = messages(checked.text)
        assert.deepStrictEqual(steps.at(-1), { type: "done", passed: false })
        assert.match(steps[0].step.remedy, /url/)
        const plan = say(yield* get(`${at}/plan`))
        assert.deepStrictEqual([plan.status, plan.body.side], [502, "source"])
        // Another host, for a password that is stored: not even to try.
        const elsewhere = yield* post("/api/check", {
          name: "my export",
          ...definition,
          destination: { type: "postgres", host: "evil.example", user: "u", database: "d", table: "t" },
        })
        assert.strictEqual(elsewhere.body.fields[0].pointer, "/destination/password")

        for (const path of [
          "/api/destinations",
          "/api/sources",
          "/api/runs",
          "/api/backfills",
          `${at}/logs`,
          `${at}/metrics`,
          "/api/session",
          "/metrics",
        ]) {
          const answer = say(yield* get(path))
          assert.strictEqual(answer.status, 200, path)
          assert.match(answer.headers.get("content-security-policy") ?? "", /default-src 'none'/)
        }
        assert.strictEqual((yield* get("/api/runs?cursor=x")).status, 400)
        assert.strictEqual((yield* get("/api/runs?limit=0")).body.fields[0].pointer, "/limit")
        assert.deepStrictEqual(
          [
            (yield* get("/api/runs/none")).status,
            (yield* get("/api/backfills/none")).status,
            (yield* get("/api/none")).status,
          ],
          [404, 404, 404],
        )
        const large = yield* post("/api/exports", { name: "x".repeat(300_000) })
        assert.strictEqual(large.status, 413)
      }).pipe(withRunner(file(), folder))
      for (const text of seen) assert.notMatch(text, /secret-of/)
      // Nor does it lie in the state in plain text.
      assert.notInclude(readFileSync(join(folder, "state.sqlite")).toString("latin1"), "secret-of")

      // Another process: the export is there; a file that now has one of its name wins, and says so.
      yield* Effect.gen(function* () {
        const { call, get, post } = yield* client
        const found = yield* get("/api/exports/my%20export")
        assert.deepStrictEqual([found.body.state, found.body.resolved.destination.settings.table], ["active", "t2"])
        yield* Runner.replace(file("listen: 127.0.0.1:0", '"my export"'))
        assert.strictEqual((yield* get("/api/exports/my%20export")).body.managedBy, "file")
        yield* Runner.replace(file())
        assert.strictEqual((yield* get("/api/exports/my%20export")).body.managedBy, "api")
        assert.strictEqual((yield* call("DELETE", "/api/exports/my%20export")).status, 204)
        assert.strictEqual((yield* get("/api/exports/my%20export")).status, 404)
        const again = yield* post("/api/exports", { name: "my export", ...definition, schedule: "hour" })
        assert.deepStrictEqual([again.status, again.body.state], [201, "active"])
        // Another runner on the same state has been told of one.
        const elsewhere = { model: definition.model, destination: { type: "file", folder: "/tmp/none" } }
        yield* StoredExports.insert({ name: "elsewhere", definition: elsewhere, secrets: [] })
        // This one plans the backfill before it looks for news by itself.
        const asked = {
          range: { start: 0, end: 1 },
          step: "1 hour",
          windows: 1,
          mode: "force",
          concurrency: 1,
        } as const
        const backfill = yield* Backfills.insert({ export: "elsewhere", ...asked })
        while ((yield* Backfills.counts(backfill)).unfinished === 0) yield* Effect.sleep("100 millis")
        yield* post(`/api/backfills/${backfill}/cancel`)
        while ((yield* get("/api/exports/elsewhere")).status !== 200) yield* Effect.sleep("100 millis")
      }).pipe(withRunner(file(), folder))
    }).pipe(Effect.scoped, withKey),
  )

  it.live("says why a stored export cannot run, and goes on with the others", () =>
    Effect.gen(function* () {
      const folder = yield* stateFolder
      yield* Effect.gen(function* () {
        const { call, post } = yield* client
        assert.strictEqual((yield* post("/api/exports", { name: "mine", ...definition })).status, 201)
        const files = { type: "file", folder: join(folder, "files") }
        assert.strictEqual(
          (yield* post("/api/exports", { name: "dumps", ...definition, destination: files })).status,
          201,
        )
        // Commands that mend an export find it as well.
        const path = join(folder, "batch-exports.yaml")
        writeFileSync(path, text())
        const ledger = (name: string) => invoke(["ledger", "show", name, "--json", "--config", path, "--data", folder])
        const shown = yield* ledger("dumps")
        assert.deepStrictEqual([shown.code, shown.stdout.trim()], [0, "[]"], shown.stderr)
        const sealed = yield* ledger("mine")
        assert.include(sealed.stdout + sealed.stderr, "BATCH_EXPORTS_SECRET_KEY")
        const none = yield* ledger("none")
        assert.deepStrictEqual([none.code, /not in/.test(none.stdout + none.stderr)], [2, true])
        const said = ["dumps", "--json", "--config", path, "--data", folder]
        const range = "2026-01-31T06:00:00Z/2026-01-31T07:00:00Z"
        for (const words of [
          ["backfill", "start", "--range", range, "--estimate"],
          ["plan", "--window", range],
          ["run", "--window", range, "--attempts", "1"],
          ["peek", "--window", range],
          ["verify"],
        ]) {
          // It is found: what is not there is its source.
          const found = yield* invoke([...words, ...said])
          assert.strictEqual(JSON.parse(found.stdout).error.side, "source", found.stdout)
        }
        // Its schedule is known without its secrets.
        yield* invoke(["pause", "mine", "--data", folder])
        const resumed = yield* invoke(["resume", "mine", "--skip-gap", "--json", "--config", path, "--data", folder])
        assert.strictEqual(JSON.parse(resumed.stdout).changed, true, resumed.stderr)
        assert.strictEqual((yield* call("DELETE", "/api/exports/dumps")).status, 204)
      }).pipe(withRunner(file(), folder), withKey)
      // The key is gone.
      yield* Effect.gen(function* () {
        const { get, post } = yield* client
        const { body } = yield* get("/api/exports")
        assert.deepStrictEqual(
          body.items.map(({ name, state }: { readonly name: string; readonly state: string }) => [name, state]),
          [
            ["events", "active"],
            ["mine", "unusable"],
          ],
        )
        assert.match(body.items[1].note, /BATCH_EXPORTS_SECRET_KEY/)
        assert.match((yield* get("/api/session")).body.secrets, /openssl rand/)
        const refused = yield* post("/api/exports", { name: "other", ...definition })
        assert.deepStrictEqual([refused.status, refused.body.fields[0].pointer], [422, "/destination/password"])
      }).pipe(withRunner(file(), folder))
      const database = new DatabaseSync(join(folder, "state.sqlite"))
      assert.lengthOf(database.prepare("SELECT name FROM stored_exports").all(), 1)
      database.close()
    }).pipe(Effect.scoped),
  )

  it.live("retries a run as what it was, and cancels a backfill that nothing is under way of", () =>
    Effect.gen(function* () {
      const folder = yield* stateFolder
      yield* Effect.gen(function* () {
        const { post } = yield* client
        const window = { start: 0, end: 3_600_000 }
        const later = Date.now() + 3_600_000
        const modeAfter = Effect.fnUntraced(function* (mode: "fill" | "force", body: unknown) {
          const run = {
            export: "events",
            destination: "warehouse",
            origin: "repair",
            mode,
            window,
            dueAt: later,
          } as const
          const id = yield* Runs.insert(run)
          assert.isTrue(yield* Runs.requestCancel(id))
          assert.strictEqual((yield* post(`/api/runs/${id}/retry`, body)).status, 200)
          return (yield* Runs.get(id))?.mode
        })
        assert.strictEqual(yield* modeAfter("fill", {}), "fill")
        assert.strictEqual(yield* modeAfter("force", {}), "force")
        assert.strictEqual(yield* modeAfter("fill", { force: true }), "force")

        const asked = { range: window, step: "1 hour", windows: 1, mode: "once", concurrency: 1 } as const
        const id = yield* Backfills.insert({ export: "events", ...asked })
        assert.strictEqual((yield* post(`/api/backfills/${id}/cancel`)).body.state, "cancelled")
        assert.strictEqual((yield* post(`/api/backfills/${id}/cancel`)).status, 409)
      }).pipe(withRunner(file(), folder))
    }).pipe(Effect.scoped, withKey),
  )

  it.live("answers nobody who comes from elsewhere, on any route", () =>
    Effect.gen(function* () {
      const folder = yield* stateFolder
      yield* Effect.gen(function* () {
        const { address, call } = yield* client
        for (const { method, path } of routes) {
          const foreign = yield* call(method, path, undefined, { origin: "http://evil.example" })
          assert.strictEqual(foreign.status, 403, `${method} ${path}`)
          if (method === "GET") continue
          const silent = yield* call(method, path, method === "DELETE" ? undefined : {}, {})
          assert.strictEqual(silent.status, 403, `${method} ${path}`)
        }
        assert.strictEqual(yield* asked(address, "evil.example"), 403)
        assert.strictEqual(yield* asked(address, new URL(address).host), 200)
      }).pipe(withRunner(file(), folder))
    }).pipe(Effect.scoped),
  )

  it.live("does not start with a token that can be guessed", () =>
    Effect.gen(function* () {
      const folder = yield* stateFolder
      const path = join(folder, "batch-exports.yaml")
      writeFileSync(path, text())
      yield* Effect.acquireRelease(
        Effect.sync(() => (process.env["BATCH_EXPORTS_TOKEN"] = "guessable")),
        () => Effect.sync(() => delete process.env["BATCH_EXPORTS_TOKEN"]),
      )
      const refused = yield* invoke(["start", "--config", path, "--data", folder])
      assert.strictEqual(refused.code, 1)
      assert.match(refused.stderr, /BATCH_EXPORTS_TOKEN is shorter than 16 characters\n {2}to do .*openssl/)
      assert.notInclude(refused.stderr, "guessable")
      const built = yield* Effect.flip(Effect.void.pipe(withRunner(file(), folder)))
      assert.strictEqual(built.message, "BATCH_EXPORTS_TOKEN is shorter than 16 characters")
    }).pipe(Effect.scoped),
  )

  it.live("asks for the token on every route, and lets in with a session that a page cannot read", () =>
    Effect.gen(function* () {
      const folder = yield* stateFolder
      yield* Effect.gen(function* () {
        const { address, call } = yield* client
        const origin = address.slice(0, -1)
        const open = new Set(["GET /api/session", "POST /api/session"])
        for (const { method, path } of routes) {
          if (open.has(`${method} ${path}`)) continue
          assert.strictEqual((yield* call(method, path, undefined, { origin })).status, 401, `${method} ${path}`)
        }
        const bearer = { authorization: `Bearer ${TOKEN}` }
        assert.strictEqual((yield* call("GET", "/api/exports", undefined, bearer)).status, 200)
        assert.strictEqual((yield* call("POST", "/api/exports/events/pause", {}, bearer)).status, 200)

        const logIn = (token: string) => call("POST", "/api/session", { token })
        const wrong = yield* logIn("not-the-token")
        assert.strictEqual(wrong.status, 401)
        assert.notInclude(wrong.text, "not-the-token")
        const cookie = (yield* logIn(TOKEN)).headers.get("set-cookie") ?? ""
        assert.match(cookie, /HttpOnly/i)
        assert.match(cookie, /SameSite=Strict/i)
        assert.notInclude(cookie, TOKEN)
        const session = { cookie: cookie.split(";")[0] ?? "" }
        assert.strictEqual((yield* call("GET", "/api/exports", undefined, session)).status, 200)
        assert.strictEqual((yield* call("POST", "/api/exports/events/resume", {}, session)).status, 403)
        assert.strictEqual((yield* call("POST", "/api/exports/events/resume", {}, { ...session, origin })).status, 200)
        const forged = { cookie: session.cookie.replace(/\d/, (digit) => String((Number(digit) + 1) % 10)) }
        assert.strictEqual((yield* call("GET", "/api/exports", undefined, forged)).status, 401)
        const left = yield* call("DELETE", "/api/session", undefined, { ...session, origin })
        assert.match(left.headers.get("set-cookie") ?? "", /Max-Age=0|Expires=Thu, 01 Jan 1970/i)

        // Whoever guesses is soon told to wait.
        let guesses = 0
        while ((yield* logIn(`guess-${guesses}`)).status !== 429 && guesses < 20) guesses += 1
        assert.isBelow(guesses, 15)
      }).pipe(withRunner(file(`listen: 127.0.0.1:0, token: ${TOKEN}`), folder))
    }).pipe(Effect.scoped),
  )
})
