/** How to reach ClickHouse. Decodes without I/O; the annotations drive docs and JSON Schema. */
import { Effect, Schema } from "effect"
import { addressProblems, urlProblem } from "./config/address.ts"
import { QuerySettings } from "./config/querySettings.ts"
import { compressions } from "./read/decompressed.ts"

const text = (title: string, description: string, value: string) =>
  Schema.String.annotate({ title, description, default: value }).pipe(
    Schema.withDecodingDefaultKey(Effect.succeed(value)),
  )

const optional = (title: string, description: string) =>
  Schema.optionalKey(Schema.NonEmptyString.annotate({ title, description }))

const hidden = (label: string, title: string, description: string) =>
  Schema.RedactedFromValue(
    Schema.String.annotate({ title, description, format: "password", writeOnly: true }).check(Schema.isNonEmpty()),
    { label, disallowEncode: true },
  )

const duration = (title: string, description: string, value: string, words: { readonly aside?: true } = {}) =>
  Schema.String.annotate({ title, description, default: value, ...words }).pipe(
    Schema.decodeTo(Schema.DurationFromString),
    Schema.withDecodingDefaultKey(Effect.succeed(value)),
  )

const url = Schema.String.check(Schema.makeFilter(urlProblem))

export const Config = Schema.Struct({
  url: Schema.String.annotate({
    title: "URL",
    description: "The HTTP interface of ClickHouse.",
    examples: ["https://clickhouse.example.com:8443"],
  }).check(Schema.makeFilter(urlProblem)),
  failover: Schema.optionalKey(
    Schema.NonEmptyArray(url).annotate({
      title: "Failover",
      description:
        "Other addresses of the same data, such as replicas: tried in this order when url does not answer. What one run reads comes from one server. A replica that lags is not noticed: give settle more than it ever lags.",
    }),
  ),
  user: text("User", "Needs SELECT on the exported tables.", "default"),
  password: Schema.RedactedFromValue(
    Schema.String.annotate({
      title: "Password",
      description: "The user's password. Without one, a client certificate logs in.",
      format: "password",
      writeOnly: true,
      default: "",
    }),
    { label: "password" },
  ).pipe(Schema.withDecodingDefaultKey(Effect.succeed(""))),
  database: text("Database", "The database that holds the exported tables.", "default"),
  selfSigned: Schema.Boolean.annotate({
    title: "Self-signed certificate",
    description:
      "The connection is encrypted, but the server's certificate is not verified: anyone could answer in its place. rootCertificate is safer.",
    default: false,
  }).pipe(Schema.withDecodingDefaultKey(Effect.succeed(false))),
  rootCertificate: optional(
    "Root certificate",
    "The certificate authority to verify the server against: PEM text, or the path of a PEM file. Without it, the system's authorities count.",
  ),
  clientCertificate: optional(
    "Client certificate",
    "A certificate to log in with, or that a proxy asks for: PEM text, or the path of a PEM file.",
  ),
  clientKey: Schema.optionalKey(
    hidden(
      "clientKey",
      "Client key",
      "The private key of the client certificate: PEM text, or the path of a PEM file.",
    ),
  ),
  clientKeyPassphrase: Schema.optionalKey(
    hidden("clientKeyPassphrase", "Client key passphrase", "What the client key is encrypted with, where it is."),
  ),
  compression: Schema.Literals(compressions)
    .annotate({
      title: "Compression",
      aside: true,
      description: "How answers travel: compressed, they need less of the network and more CPU on both sides.",
      default: "none",
    })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed("none" as const))),
  settings: Schema.optionalKey(QuerySettings),
  // Not aside: where url does not answer in time, the password goes to one of failover.
  connectTimeout: duration("Connect timeout", "How long to wait for a connection.", "10 seconds"),
  requestTimeout: duration(
    "Request timeout",
    "How long ClickHouse may stay silent before an attempt is given up.",
    "5 minutes",
    { aside: true },
  ),
  settle: duration(
    "Settle",
    "How far behind its clock ClickHouse is taken to be complete: windows are exported no sooner after their end. For consumers that write late. INSERTs that are running hold windows back by themselves, for five minutes at most.",
    "0 seconds",
    { aside: true },
  ),
}).check(Schema.makeFilter(addressProblems))

export type Config = typeof Config.Type
