/** What tests of sources and destinations share: reference values and encoders, and a destination in memory. */
export * as Jsonl from "./jsonl.ts"
export * as MemoryDestination from "./MemoryDestination.ts"
export type { Row, Value } from "./Value.ts"
