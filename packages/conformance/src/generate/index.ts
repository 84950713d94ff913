/** Seeded generators of models, records, values and pieces of bytes. */
export * as Chunks from "./chunks.ts"
export { documents } from "./documents.ts"
export { fullNames, hostileNames, tooLongPairs } from "./names.ts"
export * as Random from "./Random.ts"
export * as Records from "./records.ts"
export { longText, textOfLength, texts } from "./texts.ts"
export * as Types from "./types.ts"
export * as Values from "./values.ts"
