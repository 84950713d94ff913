#!/usr/bin/env node
/** The command line. Results go to standard output, everything else to standard error. */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Effect, Logger } from "effect"
import { Command } from "effect/cli"
import { readFileSync } from "node:fs"
import { check } from "./cli/check.ts"
import { demo } from "./cli/demo.ts"
import { init, schema } from "./cli/init.ts"
import { plan } from "./cli/plan.ts"
import { run } from "./cli/run.ts"

const main = Command.make("batch-exports").pipe(
  Command.withDescription("Move analytics data from ClickHouse into Postgres, exactly once"),
  Command.withSubcommands([demo, init, check, plan, run, schema]),
)

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string }

Command.run(main, { version }).pipe(
  Effect.provide(NodeServices.layer),
  Effect.provideService(Logger.LogToStderr, true),
  NodeRuntime.runMain,
)
