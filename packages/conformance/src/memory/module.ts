/** What child processes import: the plugin alone. */
import type { Destination } from "@batch-exports/core"
import { make } from "./MemoryDestination.ts"

export const MemoryDestination: Destination.Plugin = make()
