/** One way to load the events of a window into a table: a program, run anew for each load. */

/** Where from, where to, and what. Plain data: it goes to a child process as JSON. */
export interface Place {
  readonly clickHouse: {
    readonly url: string
    readonly user: string
    readonly password: string
    readonly database: string
  }
  readonly postgres: {
    readonly host: string
    readonly port: number
    readonly database: string
    readonly user: string
    readonly password: string
    readonly schema: string
    readonly table: string
    /** PEM, as text and as a file; undefined: without TLS. */
    readonly tls: { readonly ca: string; readonly caFile: string } | undefined
  }
  readonly window: { readonly start: string; readonly end: string }
}

/** Passwords go down standard input or through the environment: arguments are shown to everyone by `ps`. */
export interface Command {
  readonly program: string
  readonly args: ReadonlyArray<string>
  readonly env: Readonly<Record<string, string>>
  readonly stdin: string
  /** What an ended program says of itself. Throws where it says that it failed. */
  readonly read: (output: Output) => Said
}

export interface Output {
  readonly stdout: string
  readonly stderr: string
}

export interface Said {
  /** Bytes that went to Postgres; undefined where nobody counts them. */
  readonly bytes: number | undefined
  /** What went by before the work began. Undefined where that is nothing to speak of. */
  readonly startUp: { readonly seconds: number; readonly cpuSeconds: number } | undefined
  readonly encoding: string | undefined
}

export const names = [
  "plain-text",
  "plain-binary",
  "ours-text",
  "ours-binary",
  "ours-parallel",
  "rows",
  "json-copy",
  "insert-function",
] as const

export type Name = (typeof names)[number]

export interface Contestant {
  readonly name: Name
  readonly title: string
  /** What it is, in one sentence. */
  readonly note: string
  /** Why it cannot be run here. */
  readonly unavailable?: string
  /** So slow that it takes part in so many rounds at most; nothing is divided by its figures. */
  readonly mostRounds?: number
  readonly command: (place: Place) => Command
}
