/** The export, in a process that is set up as the command line sets up its own. */
import { collectFrugally } from "batch-exports/garbage"

collectFrugally()
await import("./exportWindows.ts")
