/** The server that `DATABASE_URL` names, in place of an embedded one. */
import { readFileSync } from "node:fs"
import { Config, Effect, Option } from "effect"
import { DevServiceError } from "../DevServiceError.ts"
import type { DevPostgres } from "../postgres.ts"

const remedy = "Write it as postgres://user:password@host:5432/database, or unset it to use the embedded Postgres."

export const externalPostgres: Effect.Effect<Option.Option<DevPostgres>, DevServiceError> = Effect.gen(function* () {
  const text = yield* Config.option(Config.String("DATABASE_URL"))
  if (Option.isNone(text) || text.value === "") return Option.none()
  const url = yield* Effect.try({
    try: () => new URL(text.value),
    catch: () => new DevServiceError({ message: "DATABASE_URL is not a URL", remedy }),
  })
  const version = yield* askVersion(text.value)
  const root = url.searchParams.get("sslrootcert")
  return Option.some({
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? 5432 : Number(url.port),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: decodeURIComponent(url.pathname.slice(1)) || decodeURIComponent(url.username),
    url: text.value,
    ca: root === null ? undefined : readFileSync(root, "utf8"),
    caFile: root ?? undefined,
    external: true,
    version,
  })
}).pipe(Effect.catchTag("ConfigError", (error) => Effect.fail(new DevServiceError({ message: error.message, remedy }))))

/** Also finds out, before any test does, whether the server can be reached at all. */
const askVersion = (url: string): Effect.Effect<string, DevServiceError> =>
  Effect.tryPromise({
    try: async () => {
      const { Client } = (await import("pg")).default
      const client = new Client({ connectionString: url })
      await client.connect()
      try {
        const { rows } = await client.query<{ server_version: string }>("SHOW server_version")
        return rows[0]?.server_version.split(" ")[0] ?? ""
      } finally {
        await client.end()
      }
    },
    catch: (error) =>
      new DevServiceError({
        message: `the server of DATABASE_URL does not answer: ${error instanceof Error ? error.message : String(error)}`,
        remedy,
      }),
  })
