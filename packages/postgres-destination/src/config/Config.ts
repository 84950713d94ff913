/** The configuration of a Postgres destination, as the user writes it. Decoded without I/O; the titles are the labels of the form. */
import { Duration, Effect, Option, Schema } from "effect"
import { copyFormats } from "../copyFormat.ts"
import * as identifier from "../identifier.ts"
import { tlsProblems } from "./tlsPolicy.ts"

type Words = {
  readonly title: string
  readonly description: string
  readonly default?: string
}

/**
 * Annotations come before checks and before transformations: they then stand on what the user writes, which is the side
 * that JSON Schema, and so every form, shows.
 */
const text = (words: Words) => Schema.String.annotate(words).check(Schema.isNonEmpty())

const name = (words: Words) =>
  Schema.String.annotate(words).check(
    Schema.isNonEmpty(),
    Schema.makeFilter((value: string) => identifier.problem(value)),
  )

const isDuration = (written: string): boolean => {
  const parsed = Duration.fromInput(written as Duration.Input)
  return Option.isSome(parsed) && Duration.isFinite(parsed.value) && Duration.toMillis(parsed.value) >= 1
}

const duration = (preset: string, title: string, description: string) =>
  Schema.String.annotate({ title, description, default: preset, examples: ["30 seconds", "5 minutes"] })
    .check(
      Schema.makeFilter((written: string) =>
        isDuration(written) ? undefined : 'must be a positive length of time, such as "30 seconds"',
      ),
    )
    .pipe(Schema.decodeTo(Schema.DurationFromString), Schema.withDecodingDefaultKey(Effect.succeed(preset)))

const secret = (label: string, words: Words) =>
  Schema.optionalKey(
    Schema.RedactedFromValue(
      Schema.String.annotate({ ...words, format: "password", writeOnly: true }).check(Schema.isNonEmpty()),
      { label, disallowEncode: true },
    ),
  )

const Fields = Schema.Struct({
  user: text({
    title: "User",
    description: "The user to log in as. It needs the privilege to create tables in the schema.",
  }),
  password: secret("password", {
    title: "Password",
    description: "The password of the user. Not needed where the server accepts a client certificate.",
  }),
  host: text({
    title: "Host",
    description: "The host name of the server, or the directory of its Unix socket.",
  }),
  port: Schema.Int.annotate({ title: "Port", description: "The TCP port on which the server listens.", default: 5432 })
    .check(Schema.isBetween({ minimum: 1, maximum: 65_535 }))
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed(5432))),
  database: name({ title: "Database", description: "The database in which the table is." }),
  schema: name({
    title: "Schema",
    description: "The schema in which the table is. It must exist.",
    default: "public",
  }).pipe(Schema.withDecodingDefaultKey(Effect.succeed("public"))),
  table: name({
    title: "Table name",
    description: "The table to export to. It is created when it does not exist.",
  }),
  selfSigned: Schema.Boolean.annotate({
    title: "Does your Postgres instance have a self-signed SSL certificate?",
    description:
      "In most cases, Heroku and RDS users should check this box. The connection is then encrypted, but the server's certificate is not verified; giving rootCertificate instead is safer.",
    default: false,
  }).pipe(Schema.withDecodingDefaultKey(Effect.succeed(false))),
  rootCertificate: Schema.optionalKey(
    text({
      title: "Root certificate",
      description: "The certificate authority to verify the server against: PEM text, or the path of a PEM file.",
    }),
  ),
  sslmode: Schema.optionalKey(
    Schema.Literals(["disable", "require", "verify-ca", "verify-full"]).annotate({
      title: "SSL mode",
      description:
        "As in libpq. Without it, the certificate and the host name are verified. disable is for loopback and Unix sockets only.",
    }),
  ),
  clientCertificate: Schema.optionalKey(
    text({
      title: "Client certificate",
      description: "A certificate to log in with: PEM text, or the path of a PEM file.",
    }),
  ),
  clientKey: secret("clientKey", {
    title: "Client key",
    description: "The private key of the client certificate: PEM text, or the path of a PEM file.",
  }),
  ledgerTable: name({
    title: "Ledger table",
    description: "The table, in the same schema, that records which windows have been exported.",
    default: "batch_exports_ledger",
  }).pipe(Schema.withDecodingDefaultKey(Effect.succeed("batch_exports_ledger"))),
  copyFormat: Schema.Literals(copyFormats)
    .annotate({
      title: "Copy format",
      description:
        "How rows travel to the server. auto: in binary, which costs the server less, where every column's type allows it, and otherwise as text. binary: in binary or not at all.",
      default: "auto",
    })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed("auto" as const))),
  lockTimeout: duration(
    "30 seconds",
    "Lock timeout",
    "How long to wait for a lock that someone else holds in the database.",
  ),
  connectTimeout: duration("10 seconds", "Connect timeout", "How long to wait for a connection."),
  stallTimeout: duration(
    "5 minutes",
    "Stall timeout",
    "How long a transfer or a statement may stand still before it is given up.",
  ),
})

export const Config = Fields.check(
  Schema.makeFilter((config: typeof Fields.Type) => [
    ...tlsProblems(config).map(({ key, message }) => ({ path: [key], issue: message })),
    ...(config.table === config.ledgerTable
      ? [{ path: ["ledgerTable"], issue: "must not be the table that records are exported to" }]
      : []),
  ]),
)

export interface Config extends Schema.Schema.Type<typeof Config> {}

/** `postgres://host:5432/db, table "public"."events"`: for people, without the user and the password. */
export const describeTarget = (config: Config): string =>
  `postgres://${config.host}:${config.port}/${config.database}, table ${identifier.qualified(config.schema, config.table)}`
