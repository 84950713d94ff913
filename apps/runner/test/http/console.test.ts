/**
 * The API and the console on real servers: the six steps of the user's page end with rows in Postgres when the clock has come to
 * the next period. The part in a browser runs where there is one.
 */
import { createSessionTables } from "@batch-exports/fixtures"
import { assert, layer } from "@effect/vitest"
import { Clock, Effect, Ref } from "effect"
import { readdirSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Page } from "playwright-core"
import { gzipSync } from "node:zlib"
import { Listening } from "../../src/http/Listening.ts"
import { clickHouseClient } from "../support/clients.ts"
import { finishedRuns, runsUntil, withRunner } from "../support/runner.ts"
import { World } from "../support/World.ts"
import { hasBrowser, launch, picture } from "./browser.ts"
import { shiftedClock } from "./shiftedClock.ts"
import { client, decoded, messages, withKey } from "./support.ts"

const PASSWORD = "insert-a-strong-password-here"
/** A browser beside two servers takes as long as the machine needs. */
const PATIENCE = 240_000
const HOUR = 3_600_000
const MINUTE = 60_000

/** A runner whose file names a source alone. */
const settings = Effect.map(World, ({ ch }) =>
  decoded(
    JSON.stringify({
      runner: { listen: "127.0.0.1:0" },
      sources: {
        analytics: { type: "clickhouse", url: ch.url, user: ch.user, password: ch.password, database: "posthog" },
      },
      destinations: {},
      exports: {},
    }),
  ),
)

const destination = (world: World["Service"], table: string) => ({
  type: "postgres",
  user: "posthog",
  password: PASSWORD,
  host: world.server.host,
  port: world.server.port,
  database: world.server.database,
  schema: world.schema,
  table,
  selfSigned: true,
})

/** Beside the events, empty, so that there are their columns to show. */
const sessionTables = Effect.flatMap(World, ({ ch }) => clickHouseClient(ch)).pipe(
  Effect.flatMap((source) => Effect.promise(() => createSessionTables(source, "posthog"))),
  Effect.scoped,
)

layer(World.layer({ windows: 3, rows: 900 }), { timeout: 180_000, excludeTestServices: true })("over HTTP", (it) => {
  it.effect(
    "an export is checked, planned, created, run and backfilled",
    () =>
      Effect.gen(function* () {
        const world = yield* World
        yield* sessionTables
        const start = world.windows[0]?.start.getTime() ?? 0
        const time = yield* shiftedClock(start + HOUR + 30 * MINUTE)
        yield* Effect.gen(function* () {
          const { get, post } = yield* client
          const definition = {
            model: { name: "events", teamId: "all" },
            destination: destination(world, "over_api"),
            schedule: { every: "hour", timezone: "Europe/Berlin" },
          }
          const wrong = messages(
            (yield* post("/api/check", {
              ...definition,
              destination: { ...definition.destination, password: "wrong" },
            })).text,
          )
          assert.deepStrictEqual(wrong.at(-1), { type: "done", passed: false })
          assert.strictEqual(wrong.at(-2).step.side, "destination")
          assert.isNotEmpty(wrong.at(-2).step.remedy)
          const steps = messages((yield* post("/api/check", definition)).text)
          assert.deepStrictEqual(steps.at(-1), { type: "done", passed: true }, JSON.stringify(steps))
          const plan = yield* post("/api/plan", definition)
          assert.match(plan.body.create.join(), /CREATE TABLE/)
          const model = yield* post("/api/models", { model: definition.model, destination: "postgres" })
          const columns = new Map(
            model.body.fields.map((field: { readonly name: string; readonly columnType: string }) => [
              field.name,
              field.columnType,
            ]),
          )
          assert.deepStrictEqual(
            ["uuid", "properties", "team_id", "timestamp"].map((name) => columns.get(name)),
            ["VARCHAR(200)", "JSONB", "INTEGER", "TIMESTAMP WITH TIME ZONE"],
          )

          const sessions = yield* post("/api/models", {
            model: { name: "sessions", teamId: 1 },
            destination: "postgres",
          })
          assert.isAbove(sessions.body.fields.length, 25, sessions.text)
          assert.strictEqual(sessions.body.identity, "upsert")

          const created = yield* post("/api/exports", { name: "over api", ...definition })
          assert.strictEqual(created.status, 201, created.text)
          assert.strictEqual(created.body.nextRunAt, new Date(start + 2 * HOUR + MINUTE).toISOString())
          time.moveTo(start + 2 * HOUR + MINUTE)
          const [run] = yield* runsUntil("over api", finishedRuns(1))
          const shown = yield* get(`/api/runs/${run?.id}`)
          assert.strictEqual(shown.body.state, "completed", shown.text)
          assert.isTrue((yield* world.compare(world.windows.slice(1, 2), "over_api")).equal)

          const at = "/api/exports/over%20api/backfills"
          const range = { start: new Date(start).toISOString() }
          const estimate = yield* post(`${at}/estimate`, range)
          assert.deepStrictEqual([estimate.status, estimate.body.windows], [200, 2], estimate.text)
          assert.isAbove(estimate.body.rows, 100)
          assert.strictEqual((yield* post(`${at}/estimate`, { start: "yesterday" })).body.fields[0].pointer, "/start")
          const { body: begun } = yield* post(at, range)
          for (;;) {
            const { body } = yield* get(`/api/backfills/${begun.id}`)
            if (body.state !== "running") {
              assert.deepStrictEqual([body.state, body.done], ["completed", 1])
              break
            }
            yield* Effect.sleep("50 millis")
          }
          assert.isTrue((yield* world.compare(world.windows.slice(0, 2), "over_api")).equal)

          const again = yield* post(`/api/runs/${run?.id}/retry`)
          assert.strictEqual(again.body.state, "scheduled")
          yield* runsUntil("over api", finishedRuns(2))
          assert.isTrue((yield* get(`/api/runs/${run?.id}`)).body.alreadyExported)
          assert.strictEqual((yield* post(`/api/runs/${run?.id}/cancel`)).status, 409)
          const figures = yield* get("/api/exports/over%20api/metrics?period=hour&periods=2")
          const rows = figures.body.points.reduce(
            (sum: number, point: { readonly rows: number }) => sum + point.rows,
            0,
          )
          assert.isAbove(rows, 100)
          const pages: Array<string> = []
          for (let next = ""; ;) {
            const { body } = yield* get(`/api/runs?export=over%20api&limit=1${next}`)
            pages.push(...body.items.map((each: { readonly id: string }) => each.id))
            if (body.next === null) break
            next = `&cursor=${body.next}`
          }
          assert.strictEqual(new Set(pages).size, 2)
          assert.match((yield* get("/api/exports/over%20api/logs?search=completed")).body.items[0].message, /rows/)
        }).pipe(
          withRunner(yield* settings, join(world.folder, "over-api")),
          Effect.provideService(Clock.Clock, time.clock),
        )
      }).pipe(Effect.scoped, withKey),
    PATIENCE,
  )

  it("the page is small", () => {
    const root = fileURLToPath(new URL("../../dist/console", import.meta.url))
    const files = readdirSync(root, { recursive: true, encoding: "utf8" }).map((name) => join(root, name))
    const sizes = files.filter((file) => statSync(file).isFile()).map((file) => gzipSync(readFileSync(file)).length)
    const size = sizes.reduce((a, b) => a + b, 0)
    assert.isAbove(size, 10_000)
    assert.isBelow(size, 150_000)
  })

  it.effect.skipIf(!hasBrowser)(
    "the six steps of the page, in a browser",
    () =>
      Effect.gen(function* () {
        const world = yield* World
        const start = world.windows[0]?.start.getTime() ?? 0
        const time = yield* shiftedClock(start + HOUR + 30 * MINUTE)
        const browser = yield* launch
        yield* Effect.gen(function* () {
          const address = (yield* Ref.get(yield* Listening)) ?? ""
          const context = yield* Effect.promise(() =>
            browser.newContext({ viewport: { width: 1280, height: 860 }, colorScheme: "light" }),
          )
          const page = yield* Effect.promise(() => context.newPage())
          const watched = watch(page, address)
          /** The browser's clock, so that both speak of the same times. */
          const moveTo = async (millis: number) => {
            time.moveTo(millis)
            await page.clock.setSystemTime(millis)
          }
          yield* Effect.promise(async () => {
            await page.clock.install({ time: time.now() })
            page.setDefaultTimeout(60_000)
            await page.goto(address)
            await page.getByRole("heading", { name: "Nothing is exported yet" }).waitFor()

            // 1. Data management > Destinations, in the left sidebar. 2. New destination, in the top right corner.
            const sidebar = page.getByRole("navigation", { name: "Main" })
            await sidebar.getByRole("link", { name: "Destinations" }).click()
            const button = page
              .getByRole("banner")
              .or(page.locator("header"))
              .getByRole("link", { name: "New destination" })
            const box = await button.boundingBox()
            assert.isTrue(box !== null && box.x > 640 && box.y < 200, "in the top right corner")
            await button.click()
            // 3. Postgres.
            await page.getByRole("radio", { name: "Postgres" }).check()
            await page.getByLabel("Export name").fill("events to postgres")
            // 4. The configuration.
            await page.getByLabel("Team").fill("all")
            await page.getByText(/^Schema: \d+ columns$/).click()
            const columns = await page
              .getByRole("table", { name: "Columns that the destination will have" })
              .locator("tbody tr")
              .allInnerTexts()
            assert.deepStrictEqual(
              columns.map((line) =>
                line
                  .split("\t")
                  .slice(0, 2)
                  .map((cell) => cell.trim()),
              ),
              documented,
            )
            // Of sessions there are too many fields for the page: the form shows them.
            await page.getByRole("combobox", { name: "Model" }).selectOption("Sessions")
            await page.getByText(/^Schema: [2-9]\d columns$/).waitFor()
            await page.getByRole("combobox", { name: "Model" }).selectOption("Events")
            await page.getByText("More settings").first().click()
            await page.getByRole("button", { name: "Add to filters" }).click()
            await page.getByLabel("Property", { exact: true }).fill("$browser")
            await page.getByLabel("Operator", { exact: true }).selectOption("exact")
            await page.getByLabel("Value", { exact: true }).fill("Chrome\nFirefox")
            await axe(page, "the form")
            await page.getByRole("button", { name: "Remove" }).click()
            const labels: ReadonlyArray<readonly [string, string]> = [
              ["User", "posthog"],
              ["Password", "not the password"],
              ["Host", world.server.host],
              ["Port", String(world.server.port)],
              ["Table name", "over_browser"],
              ["Database", world.server.database],
              ["Schema", world.schema],
            ]
            for (const [label, text] of labels) await page.getByLabel(label, { exact: true }).fill(text)
            await page.getByLabel("Does your Postgres instance have a self-signed SSL certificate?").check()
            await page.getByLabel("Interval").selectOption("Every hour")
            await page.getByLabel("Time zone").selectOption("Europe/Berlin")
            await page.evaluate("document.querySelector('#configuration').scrollIntoView()")
            await picture(page, "form")

            // A step that fails says what to do; what is wrong is mended, and all steps pass.
            await page.getByRole("button", { name: "Start test" }).click()
            await page.getByText("A step failed.").waitFor()
            await page.getByText(/^To do: /).waitFor()
            await page.getByLabel("Password", { exact: true }).fill(PASSWORD)
            await page.getByRole("button", { name: "Start test" }).click()
            await page.getByText("All steps passed.").waitFor()
            await page.getByText(/CREATE TABLE/).waitFor()
            await page.evaluate("document.querySelector('#test').scrollIntoView()")
            await picture(page, "test")

            // What is wrong with a field is said at the field, which gets the focus.
            await page.getByLabel("Port", { exact: true }).fill("99999")
            await page.getByRole("button", { name: "Create" }).click()
            await page.getByText("expected a value between 1 and 65535", { exact: true }).waitFor()
            assert.strictEqual(await page.evaluate('document.activeElement?.getAttribute("name")'), "/destination/port")
            await page.getByLabel("Port", { exact: true }).fill(String(world.server.port))
            // 5. Create.
            await page.getByRole("button", { name: "Create" }).click()
            await page.getByRole("heading", { name: "No run yet" }).waitFor()
            // 6. The first run is at the start of the next period.
            await page.getByText("2026-01-31 08:01 UTC").waitFor()
            await moveTo(start + 2 * HOUR + MINUTE)
            await state(page, "completed").waitFor()
          })
          assert.isTrue((yield* world.compare(world.windows.slice(1, 2), "over_browser")).equal)

          yield* Effect.promise(async () => {
            await page.getByRole("button", { name: /^Details/ }).click()
            await page.getByText(/^attempt 1/).waitFor()
            await picture(page, "run")
            await page.getByRole("button", { name: "Retry" }).click()
            await page.getByText("already exported", { exact: true }).waitFor()
            await axe(page, "the runs")
          })

          // Somebody holds the table: the run waits, is cancelled, and leaves nothing.
          yield* world.query(`BEGIN; LOCK TABLE ${world.schema}.over_browser IN ACCESS EXCLUSIVE MODE`)
          yield* Effect.promise(async () => {
            await moveTo(start + 3 * HOUR + MINUTE)
            await state(page, "running").waitFor()
            await page.getByRole("button", { name: /^Details of .* 08:00/ }).click()
            await page.getByRole("button", { name: "Cancel" }).click()
            await state(page, "cancelled").waitFor()
          })
          yield* world.query("ROLLBACK")

          yield* Effect.promise(async () => {
            await page.getByRole("link", { name: "Backfills" }).click()
            await page.getByRole("button", { name: "Start backfill" }).click()
            await page.getByLabel("From (UTC)").fill("2026-01-31T06:00")
            await page.getByText("3 windows").waitFor()
            await picture(page, "backfill")
            await axe(page, "the dialog")
            await page.getByRole("dialog").getByRole("button", { name: "Start", exact: true }).click()
            await state(page, "completed").waitFor()
            assert.strictEqual(await page.getByRole("progressbar").getAttribute("value"), "100")
          })
          assert.isTrue((yield* world.compare(undefined, "over_browser")).equal)

          yield* Effect.promise(async () => {
            for (const tab of ["Metrics", "Logs", "Configuration"] as const) {
              await page.getByRole("link", { name: tab }).click()
              await page
                .getByText(
                  { Metrics: "Failed runs", Logs: /^completed: \d+ rows/, Configuration: "Postgres configuration" }[
                    tab
                  ],
                )
                .first()
                .waitFor()
              if (tab === "Metrics") await picture(page, "metrics")
              if (tab !== "Logs") await axe(page, tab)
            }
            // The password is stored: the page has it no more, and it stays when something else is saved.
            const password = page.getByLabel("Password", { exact: true })
            assert.deepStrictEqual(
              [await password.inputValue(), await password.getAttribute("placeholder")],
              ["", "stored; type to replace it"],
            )
            await page.getByLabel("Interval").selectOption("Every day")
            await page.getByRole("button", { name: "Save" }).click()
            await page.getByText(/^Saved\./).waitFor()
            await page.getByRole("button", { name: "Pause" }).click()
            await page.getByText("This export is paused").waitFor()
            await page.getByRole("button", { name: "Resume" }).click()
            await page.getByRole("button", { name: "Pause" }).waitFor()

            await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Destinations" }).click()
            await page.getByRole("link", { name: "events to postgres" }).waitFor()
            await picture(page, "list")
            await page.emulateMedia({ colorScheme: "dark" })
            await axe(page, "the list in the dark")
            // Nothing is cut off where there is little room.
            await page.setViewportSize({ width: 360, height: 740 })
            for (const path of ["/destinations", "/destinations/-/new", "/destinations/events%20to%20postgres/runs"]) {
              await page.goto(new URL(path, address).href)
              await page.getByRole("heading", { level: 1 }).waitFor()
              assert.isAtMost(await page.evaluate<number>("document.documentElement.scrollWidth"), 360, path)
            }
            // By keys alone: past the sidebar, to the content.
            await page.keyboard.press("Tab")
            assert.strictEqual(await page.evaluate("document.activeElement?.textContent"), "Skip to the content")
            await page.keyboard.press("Enter")
            assert.strictEqual(await page.evaluate("document.activeElement?.id"), "main")
          })
          const { bodies, errors, foreign } = yield* Effect.promise(() => watched())
          for (const body of bodies) assert.notInclude(body, PASSWORD)
          assert.deepStrictEqual(errors, [])
          assert.deepStrictEqual(foreign, [])
          yield* Effect.promise(() => context.close())
        }).pipe(
          withRunner(yield* settings, join(world.folder, "browser")),
          Effect.provideService(Clock.Clock, time.clock),
        )
      }).pipe(Effect.scoped, withKey),
    PATIENCE,
  )
})

const page = fileURLToPath(new URL("../../../../docs/postgres.md", import.meta.url))

/** The table of the user's page, as the form has to show it. */
const documented = [
  ...(/\n## The events table\n([^]*?)\n## /.exec(readFileSync(page, "utf8"))?.[1] ?? "").matchAll(
    /^\| (\w+) \| `([^`]+)` \|/gm,
  ),
].map(([, name, type]) => [name, type])

const axeSource = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8")

interface Violation {
  readonly id: string
  readonly impact: string
  readonly nodes: ReadonlyArray<{ readonly target: ReadonlyArray<string>; readonly failureSummary: string }>
}

/** The state of a run, a backfill or an export; a list to choose from holds the same words. */
const state = (open: Page, text: string) => open.locator(".badge", { hasText: text }).first()

interface Findings {
  readonly violations: ReadonlyArray<Violation>
  readonly passes: ReadonlyArray<unknown>
}

/** What people with a screen reader, or with weak eyes, would stumble over; the words of long lists, such as time zones, are left out. */
const axe = async (open: Page, where: string): Promise<void> => {
  const { passes, violations } = await open.evaluate<Findings>(`${axeSource}; axe.run({ exclude: [["option"]] })`)
  assert.isAbove(passes.length, 10, where)
  const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical")
  assert.deepStrictEqual(
    serious.map(
      ({ id, nodes }) =>
        `${id}: ${nodes.map(({ failureSummary, target }) => `${target.join(" ")} ${failureSummary}`).join("; ")}`,
    ),
    [],
    where,
  )
}

/** Remembers what the page was answered, what it complained of, and whom else it called. */
const watch = (open: Page, address: string) => {
  const answers: Array<Promise<string>> = []
  const errors: Array<string> = []
  const foreign: Array<string> = []
  open.on("response", (response) => {
    if (response.url().includes("/api/") && !response.url().endsWith("/api/events"))
      answers.push(response.text().catch(() => ""))
  })
  open.on("request", (request) => {
    if (!request.url().startsWith(address) && !request.url().startsWith("data:")) foreign.push(request.url())
  })
  // Answers that refuse something are written there, too; those are looked at elsewhere.
  open.on("console", (message) => {
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) errors.push(message.text())
  })
  open.on("pageerror", (error) => errors.push(String(error)))
  return async () => ({ bodies: await Promise.all(answers), errors, foreign })
}
