/** How to reach ClickHouse. Decodes without I/O; the annotations drive docs and JSON Schema. */
import { Effect, Schema } from "effect"
import { compressions } from "./read/decompressed.ts"

const limit = (title: string, description: string) =>
  Schema.optionalKey(
    Schema.Int.check(Schema.isGreaterThan(0)).annotate({
      title,
      description: `${description} Without it, the profile of the ClickHouse user decides.`,
    }),
  )

const Settings = Schema.Struct({
  maxMemoryUsage: limit("Memory limit", "Bytes that one query may use."),
  maxExecutionTime: limit("Time limit", "Seconds that one query may run."),
  maxThreads: limit("Threads", "Threads that one query may use."),
}).annotate({ title: "Settings", description: "Limits for the queries of exports." })

const urlProblem = (text: string): string | undefined => {
  const url = URL.parse(text)
  if (url === null || !["http:", "https:"].includes(url.protocol)) {
    return "must be an http or https URL, such as https://clickhouse.example.com:8443"
  }
  if (url.username !== "" || url.password !== "")
    return "must not hold a user or a password: write them as keys of their own"
  return url.search === "" && url.hash === "" ? undefined : "must end before any ? or #: other keys take their place"
}

const certificate = Schema.makeFilter((text: string) =>
  /-----BEGIN CERTIFICATE-----/.test(text)
    ? undefined
    : "must be a certificate in PEM form (-----BEGIN CERTIFICATE-----)",
)

const text = (title: string, description: string, value: string) =>
  Schema.String.annotate({ title, description, default: value }).pipe(
    Schema.withDecodingDefaultKey(Effect.succeed(value)),
  )

export const Config = Schema.Struct({
  url: Schema.String.annotate({
    title: "URL",
    description: "The HTTP interface of ClickHouse.",
    examples: ["https://clickhouse.example.com:8443"],
  }).check(Schema.makeFilter(urlProblem)),
  user: text("User", "Needs SELECT on the exported tables.", "default"),
  password: Schema.RedactedFromValue(
    Schema.String.annotate({
      title: "Password",
      description: "The user's password.",
      format: "password",
      writeOnly: true,
      default: "",
    }),
    { label: "password" },
  ).pipe(Schema.withDecodingDefaultKey(Effect.succeed(""))),
  database: text("Database", "The database that holds the exported tables.", "default"),
  compression: Schema.Literals(compressions)
    .annotate({
      title: "Compression",
      description: "How answers travel: compressed, they need less of the network and more CPU on both sides.",
      default: "none",
    })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed("none" as const))),
  settings: Schema.optionalKey(Settings),
  requestTimeout: Schema.String.annotate({
    title: "Request timeout",
    description: "How long ClickHouse may stay silent before an attempt is given up.",
    default: "5 minutes",
  }).pipe(Schema.decodeTo(Schema.DurationFromString), Schema.withDecodingDefaultKey(Effect.succeed("5 minutes"))),
  settle: Schema.String.annotate({
    title: "Settle",
    description:
      "How far behind its clock ClickHouse is taken to be complete: windows are exported no sooner after their end. For consumers that write late. INSERTs that are running hold windows back by themselves, for five minutes at most.",
    default: "0 seconds",
  }).pipe(Schema.decodeTo(Schema.DurationFromString), Schema.withDecodingDefaultKey(Effect.succeed("0 seconds"))),
  ca: Schema.optionalKey(
    Schema.String.annotate({
      title: "Certificate authority",
      description: "Who signed the server's certificate, in PEM form. Without it, the system's authorities count.",
    }).check(certificate),
  ),
})

export type Config = typeof Config.Type
