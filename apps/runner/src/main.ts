#!/usr/bin/env -S node --max-semi-space-size=1
/**
 * Where the command line begins. Nothing but Node's own modules is imported here: what is imported before the cache is in
 * use is compiled each time.
 *
 * The flag above: every chunk read from a socket is memory that only the garbage collector gives back, and V8 looks at a young
 * generation of several megabytes too seldom for that. With it, a long export stays 60 MB smaller.
 */
import { homedir } from "node:os"
import { useCompileCache } from "./cli/compileCache.ts"

useCompileCache({ env: process.env, platform: process.platform, module: import.meta.url, home: homedir })
await import("./cli/program.ts")
