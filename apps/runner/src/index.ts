/** The runner as a library: configuration, plugins, and single runs. */
export * as Config from "./config/Config.ts"
export { jsonSchema } from "./config/jsonSchema.ts"
export { ConfigFileError, decodeText, load } from "./config/load.ts"
export { openApi } from "./http/api/openApi.ts"
export { builtIn, type Plugins } from "./plugins.ts"
export * as Retry from "./retry.ts"
export { type Finished, runExport } from "./runExport.ts"
