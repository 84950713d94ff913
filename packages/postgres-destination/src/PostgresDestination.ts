/** The Postgres destination: one table, one ledger beside it, one transaction per run. */
import { Destination, FieldType } from "@batch-exports/core"
import { check } from "./check/check.ts"
import { Config, describeTarget } from "./config/Config.ts"
import { encodings } from "./encodings.ts"
import { accept, forget } from "./ledger/edit.ts"
import * as Ledger from "./ledger/Ledger.ts"
import { plan } from "./plan.ts"
import { open } from "./sink/open.ts"
import { newTarget } from "./target/newTarget.ts"

export const PostgresDestination: Destination.Plugin = Destination.define<Config>({
  name: "postgres",
  title: "Postgres",
  description: "Exports data to a table in a Postgres database.",
  Config,
  capabilities: {
    encodings: [...encodings],
    types: FieldType.tags,
    identities: ["Append", "Upsert"],
    modes: ["once", "force", "fill"],
    visibility: "window",
    ledger: "transactional",
    target: "tabular",
  },
  // As the page for users lists them.
  form: ["user", "password", "host", "port", "table", "database", "schema", "selfSigned"],
  newTarget,
  check,
  plan,
  ledger: Ledger.read,
  forget,
  accept,
  place: (config) => `${describeTarget(config)}, ledger ${config.ledgerTable}`,
  open,
})
