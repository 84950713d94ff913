/** The reference destination and its harness. */
export * as MemoryDestination from "./MemoryDestination.ts"
export * as MemoryHarness from "./MemoryHarness.ts"
export { honest, type Parts, type Placed } from "./Parts.ts"
export * as Store from "./Store.ts"
export { weak, weakCapabilities } from "./weak.ts"
