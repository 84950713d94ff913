/** Postgres keeps every law that its capabilities call for. */
import { suite } from "@batch-exports/conformance"
import { PostgresDestination } from "../src/index.ts"
import * as PostgresHarness from "./support/harness.ts"

suite(PostgresDestination, PostgresHarness.layer())
