/** A temporary ClickHouse: the embedded engine in a process of its own, behind ClickHouse's HTTP interface. */
import { randomBytes } from "node:crypto"
import { rmSync } from "node:fs"
import { Config, Context, Effect, Layer, Option, Schema, type Scope } from "effect"
import { DevServiceError } from "./DevServiceError.ts"
import { guardedProcess } from "./guardedProcess.ts"

export interface DevClickHouse {
  readonly url: string
  readonly user: string
  readonly password: string
  /** True: the server that `CLICKHOUSE_URL` names. Nothing was started, and nothing will be stopped. */
  readonly external: boolean
}

export interface ClickHouseOptions {
  /** Kept when the scope closes, and used again by the next start. One engine at a time. */
  readonly dataDir?: string
  /** Settings of every query, unless it sets them itself; the `dev_…` settings too. */
  readonly settings?: Readonly<Record<string, string | number>>
  /** By default one made for this start. */
  readonly password?: string
}

const Ready = Schema.Struct({ port: Schema.Int, folder: Schema.optionalKey(Schema.String) })

export const clickHouse = Effect.fn("clickHouse")(function* (
  options: ClickHouseOptions = {},
): Effect.fn.Return<DevClickHouse, DevServiceError, Scope.Scope> {
  const named = yield* external
  if (Option.isSome(named)) return named.value
  const password = options.password ?? randomBytes(18).toString("base64url")
  let temporary: string | undefined
  // The engine's process removes its folder itself, unless native code has crashed it. This runs after it is gone.
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      if (temporary !== undefined) rmSync(temporary, { recursive: true, force: true })
    }),
  )
  const { folder, port } = yield* guardedProcess({
    name: "the embedded ClickHouse engine",
    program: new URL("./engine/main", import.meta.url),
    config: { password, settings: options.settings ?? {}, dataDir: options.dataDir },
    // Each running query holds a thread of libuv's pool; with the usual four, a fifth would wait for them.
    env: { UV_THREADPOOL_SIZE: "16" },
    Ready,
  })
  temporary = folder
  return { url: `http://127.0.0.1:${port}`, user: "default", password, external: false }
})

const external: Effect.Effect<Option.Option<DevClickHouse>, DevServiceError> = Effect.gen(function* () {
  const text = yield* Config.option(Config.String("CLICKHOUSE_URL"))
  if (Option.isNone(text) || text.value === "") return Option.none()
  const url = yield* Effect.try({
    try: () => new URL(text.value),
    catch: () =>
      new DevServiceError({
        message: "CLICKHOUSE_URL is not a URL",
        remedy: "Write it as http://user:password@host:8123, or unset it to use the embedded engine.",
      }),
  })
  const user = yield* Config.String("CLICKHOUSE_USER").pipe(
    Config.withDefault(url.username === "" ? "default" : decodeURIComponent(url.username)),
  )
  const password = yield* Config.String("CLICKHOUSE_PASSWORD").pipe(
    Config.withDefault(decodeURIComponent(url.password)),
  )
  url.username = ""
  url.password = ""
  return Option.some({ url: url.href.replace(/\/$/, ""), user, password, external: true })
}).pipe(
  Effect.catchTag("ConfigError", (error) =>
    Effect.fail(new DevServiceError({ message: error.message, remedy: "Correct the environment variable." })),
  ),
)

export class ClickHouseServer extends Context.Service<ClickHouseServer, DevClickHouse>()(
  "@batch-exports/dev-services/ClickHouseServer",
) {
  static readonly layer: Layer.Layer<ClickHouseServer, DevServiceError> = Layer.effect(this, clickHouse())
}
