/**
 * Proves that somebody with nothing of this repository can write a destination and export with it: packs the packages,
 * installs them in an empty folder, scaffolds a destination there, runs the suite on it, and exports real events to it with
 * the packed runner. `npm run test:outside`
 */
import { clickHouse } from "@batch-exports/dev-services"
import { createEventsTable, insertEvents } from "@batch-exports/fixtures"
import { createClient } from "@clickhouse/client"
import { Effect } from "effect"
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { stringify } from "yaml"
import { succeed } from "./shell.ts"

const root = fileURLToPath(new URL("../../..", import.meta.url))

const published = [
  "packages/core",
  "packages/conformance",
  "packages/clickhouse-source",
  "packages/postgres-destination",
  "packages/file-destination",
  "apps/runner",
  "tooling/create-destination",
]

const version = (name: string): string => {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    readonly devDependencies: Readonly<Record<string, string>>
  }
  return `${name}@${manifest.devDependencies[name] ?? "latest"}`
}

const pack = async (into: string): Promise<ReadonlyArray<string>> => {
  await succeed("the packages are built", "npx", ["tsc", "-b"], root)
  await succeed("the command line is bundled", "npm", ["run", "--silent", "bundle"], join(root, "apps/runner"))
  await succeed("the console is built", "npx", ["vite", "build", "apps/console"], root)
  for (const path of published) {
    await succeed(`${path} is packed`, "npm", ["pack", "--silent", "--pack-destination", into], join(root, path))
  }
  return readdirSync(into).map((file) => join(into, file))
}

interface Said {
  readonly rows: number
  readonly status: string
}

/** One hour of events in a ClickHouse of its own, exported by the packed runner with the scaffolded destination. */
const exporting = (outside: string) =>
  Effect.scoped(
    Effect.gen(function* () {
      const server = yield* clickHouse()
      const client = yield* Effect.acquireRelease(
        Effect.sync(() => createClient({ url: server.url, username: server.user, password: server.password })),
        (opened) => Effect.promise(() => opened.close()),
      )
      const [start, end] = [new Date("2026-01-31T06:00:00Z"), new Date("2026-01-31T07:00:00Z")]
      const folder = join(outside, "exported")
      mkdirSync(folder)
      yield* Effect.promise(async () => {
        await createEventsTable(client, "posthog")
        await insertEvents(client, { database: "posthog", rows: 5_000, seed: 1, windows: { start, end } })
      })
      const config = {
        plugins: ["./acme-destination/src/index.ts"],
        sources: {
          analytics: {
            type: "clickhouse",
            url: server.url,
            user: server.user,
            password: "${CLICKHOUSE_SECRET}",
            database: "posthog",
          },
        },
        destinations: {
          out: { type: "acme", folder },
          lake: { type: "file", folder: join(outside, "lake"), compression: "zstd" },
        },
        exports: {
          events: { model: { name: "events", teamId: "all" }, destination: "out" },
          files: { model: { name: "events", teamId: "all" }, destination: "lake" },
        },
      }
      writeFileSync(join(outside, "batch-exports.yaml"), stringify(config))
      const window = ["--window", `${start.toISOString()}/${end.toISOString()}`]
      const runner = (title: string, ...values: ReadonlyArray<string>) =>
        Effect.promise(() =>
          succeed(title, "npx", ["--no-install", "batch-exports", ...values], outside, {
            CLICKHOUSE_SECRET: server.password,
          }),
        )
      yield* runner("the packed runner checks the plugin's target", "check", "events")
      yield* runner("it plans", "plan", "events", ...window)
      const said = yield* runner("it exports", "run", "events", "--json", ...window)
      const { rows, status } = JSON.parse(said) as Said
      const lines = readdirSync(folder)
        .flatMap((file) => readFileSync(join(folder, file), "utf8").split("\n"))
        .filter((line) => line !== "")
      for (const line of lines) JSON.parse(line)
      if (status !== "exported" || rows < 4_000 || lines.length !== rows) {
        throw new Error(`the runner says ${status}, ${rows} rows; the files hold ${lines.length}`)
      }
      console.log(`✓ ${rows} records are there`)
      const files = JSON.parse(yield* runner("it exports to files", "run", "files", "--json", ...window)) as Said
      const again = JSON.parse(yield* runner("and not a second time", "run", "files", "--json", ...window)) as Said
      if (files.rows !== rows || again.status !== "already-exported") {
        throw new Error(`to files: ${files.status}, ${files.rows} rows; then ${again.status}`)
      }
    }),
  )

const base = mkdtempSync(join(tmpdir(), "batch-exports-outside-"))
try {
  const tarballs = join(base, "tarballs")
  const outside = join(base, "outside")
  mkdirSync(tarballs)
  mkdirSync(outside)
  const packed = await pack(tarballs)
  writeFileSync(join(outside, "package.json"), JSON.stringify({ private: true, type: "module" }))
  const tools = [...["vitest", "typescript", "@types/node"].map(version), "effect@4.1.0"]
  await succeed("they install in an empty folder", "npm", ["install", "--silent", ...packed, ...tools], outside)
  await succeed(
    "create-destination makes a destination",
    "npx",
    ["--no-install", "create-destination", "acme"],
    outside,
  )
  const acme = join(outside, "acme-destination")
  if (readdirSync(acme, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length > 6) {
    throw new Error("the scaffold has more than six files")
  }
  await succeed("its types are sound", "npx", ["--no-install", "tsc", "--noEmit"], acme)
  await succeed("it keeps the laws", "npm", ["test"], acme)
  await succeed("it builds", "npm", ["run", "build"], acme)
  await Effect.runPromise(exporting(outside))
} finally {
  rmSync(base, { recursive: true, force: true })
}
