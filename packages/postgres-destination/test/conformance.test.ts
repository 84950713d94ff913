/** Postgres keeps every law that its capabilities call for. */
import { suite } from "@batch-exports/conformance"
import type { Destination } from "@batch-exports/core"
import { copyText, PostgresDestination } from "../src/index.ts"
import * as PostgresHarness from "./support/harness.ts"
import { variant } from "./support/variant.ts"

/** With `copyFormat: text`, which the matrix sets, it takes one encoding less: as much is declared, and tested. */
const plugin: Destination.Plugin =
  variant.format === "text"
    ? { ...PostgresDestination, capabilities: { ...PostgresDestination.capabilities, encodings: [copyText] } }
    : PostgresDestination

suite(plugin, PostgresHarness.layer())
