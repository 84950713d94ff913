/** A batch-export destination that writes JSON Lines files into a folder, exactly once. */
export { Config } from "./Config.ts"
export { FileDestination } from "./FileDestination.ts"
/** For the documentation. */
export { errnos } from "./errors.ts"
export { tokens } from "./template.ts"
