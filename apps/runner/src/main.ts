#!/usr/bin/env node
/**
 * Where the command line begins. Nothing but Node's own modules is imported here: what is imported before the cache is in
 * use is compiled each time.
 */
import { homedir } from "node:os"
import { useCompileCache } from "./cli/compileCache.ts"
import { collectFrugally } from "./garbage.ts"

collectFrugally()
useCompileCache({ env: process.env, platform: process.platform, module: import.meta.url, home: homedir })
await import("./cli/program.ts")
