/** The command line as this process, which ends with its exit code. */
// A whole path: the package's index loads every server and client that it knows.
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { commandLine } from "./commandLine.ts"
import { teardown } from "./exitCode.ts"

NodeRuntime.runMain(commandLine(process.argv.slice(2)), { disableErrorReporting: true, teardown })
