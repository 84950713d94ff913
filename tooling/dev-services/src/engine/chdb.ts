/**
 * The embedded engine, spoken to through its native addon. The package's own wrapper is passed by: it takes no binary
 * inserts, and it buffers what it inserts. The addon's interface is pinned by the exact version in ../../chdb.
 */
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { Refusal } from "../Refusal.ts"
import { limit } from "./limit.ts"

interface Native {
  CreateConnection(path: string, args: ReadonlyArray<string>): object
  CloseConnection(connection: object): void
  QueryAsyncConnection(connection: object, sql: string, format: string): Promise<{ bytes: Buffer; rowsRead: number }>
  InsertRawAsyncConnection(connection: object, prefix: string, data: Buffer, countLines: boolean): Promise<Written>
  StreamQuery(connection: object, sql: string, format: string): object
  StreamFetch(stream: object): Promise<{ done: true } | { done: false; bytes: Buffer; numRows: number }>
  StreamCancel(stream: object): void
}

export interface Written {
  readonly rowsWritten: number
  readonly bytesWritten: number
}

export interface Block {
  readonly bytes: Buffer
  readonly rows: number
}

/** One query's own connection: its settings, parameters and failures end with it. Making one costs about a millisecond. */
export interface Connection {
  /** The whole result at once. */
  readonly query: (sql: string, format?: string) => Promise<Block>
  /** `prefix` ends where the data begin: after `FORMAT <name>` or `VALUES`. */
  readonly insert: (prefix: string, data: Buffer) => Promise<Written>
  /** One result block per pull, each formatted on its own. */
  readonly stream: (sql: string, format: string) => BlockStream
  readonly close: () => Promise<void>
}

export interface BlockStream {
  readonly next: () => Promise<Block | undefined>
}

export interface Engine {
  readonly version: string
  /** `control`: for statements about running queries, which must get through while those hold all other threads. */
  readonly connect: (purpose: "query" | "control") => Connection
  readonly kill: (sql: string) => Promise<void>
  readonly close: () => Promise<void>
}

/** Of libuv's 16 threads: two queries too many must not keep the one from running that would end them. */
const threads = { query: 12, control: 2, kill: 1 }

export const openEngine = async (dataDir: string): Promise<Engine> => {
  const native = load()
  const limits = { query: limit(threads.query), control: limit(threads.control) }
  const open = () => {
    try {
      return native.CreateConnection(dataDir, [])
    } catch (error) {
      throw new Refusal(
        `the embedded engine cannot open ${dataDir}: ${error instanceof Error ? error.message : String(error)}`,
        "Another process may be using it: stop that one, or choose another folder.",
      )
    }
  }
  // The engine lives as long as one connection does, so this one is the last to be closed.
  const first = connection(native, open(), limit(threads.kill))
  const inUse = new Set<Connection>()
  const version = (await first.query("SELECT version()")).bytes.toString().trim()
  return {
    version,
    kill: async (sql) => {
      await first.query(sql)
    },
    connect: (purpose) => {
      const made = connection(native, open(), limits[purpose])
      inUse.add(made)
      return { ...made, close: () => made.close().finally(() => inUse.delete(made)) }
    },
    close: async () => {
      while (inUse.size > 0) await sleep(20)
      await first.close()
    },
  }
}

type Limited = <A>(call: () => Promise<A>) => Promise<A>

const connection = (native: Native, handle: object, limited: Limited): Connection => {
  let active: Promise<unknown> = Promise.resolve()
  let stream: object | undefined
  const call = <A>(f: () => Promise<A>): Promise<A> => {
    const result = limited(f)
    active = result.catch(() => {})
    return result
  }
  return {
    query: async (sql, format = "TabSeparated") => {
      const { bytes, rowsRead } = await call(() => native.QueryAsyncConnection(handle, sql, format))
      return { bytes, rows: rowsRead }
    },
    insert: (prefix, data) => call(() => native.InsertRawAsyncConnection(handle, prefix, data, false)),
    stream: (sql, format) => {
      const opened = native.StreamQuery(handle, sql, format)
      stream = opened
      const ended = () => (stream = undefined)
      return {
        next: async () => {
          const block = await call(() => native.StreamFetch(opened)).catch((error: unknown) => {
            // The addon has freed the stream already; cancelling it now would free it twice.
            ended()
            throw error
          })
          if (!block.done) return { bytes: block.bytes, rows: block.numRows }
          ended()
          return undefined
        },
      }
    },
    close: async () => {
      // To free a stream or a connection while a thread is still inside it ends the whole process.
      await active
      if (stream !== undefined) native.StreamCancel(stream)
      native.CloseConnection(handle)
    },
  }
}

const load = (): Native => {
  const folder = new URL("../../chdb/package.json", import.meta.url)
  try {
    const from = createRequire(folder)
    const loader = join(dirname(from.resolve("chdb")), "dist", "loader.js")
    return (from(loader) as { loadNative(): Native }).loadNative()
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "MODULE_NOT_FOUND"
    throw new Refusal(
      missing
        ? "the embedded ClickHouse engine is not installed"
        : `there is no embedded ClickHouse engine for ${process.platform} ${process.arch}: ${String(error)}`,
      missing
        ? "Run `npm run setup`, or set CLICKHOUSE_URL to a server of your own."
        : "Set CLICKHOUSE_URL to a server of your own, such as http://default:password@localhost:8123.",
    )
  }
}
