/**
 * What a child process imports in place of the destination's module: `sabotaged.ts?saboteur=<name>&of=<module>&plugin=<name>`,
 * or without `of` the reference destination.
 */
import type { Destination } from "@batch-exports/core"
import { make } from "../memory/MemoryDestination.ts"
import { honest } from "../memory/Parts.ts"
import { saboteurs } from "./index.ts"

const { searchParams } = new URL(import.meta.url)
const saboteur = saboteurs.find(({ name }) => name === searchParams.get("saboteur"))
const of = searchParams.get("of")

const load = async (): Promise<Destination.Plugin> => {
  if (of === null) return make({ parts: { ...honest, ...saboteur?.parts } })
  const exported = Object.values((await import(of)) as Record<string, unknown>)
  const found = exported.find((value) => (value as { name?: unknown } | null)?.name === searchParams.get("plugin"))
  return found as Destination.Plugin
}

const plugin = await load()

export const sabotaged: Destination.Plugin = saboteur?.wrap?.(plugin) ?? plugin
