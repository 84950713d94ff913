/** All contestants, in the order of the report. */
import { type Contestant, type Name, names } from "./Contestant.ts"
import { insertFunction, jsonCopy, rows } from "./naive.ts"
import { oursBinary, oursParallel, oursText } from "./ours.ts"
import { plainBinary, plainText } from "./plain.ts"

export { type Contestant, type Name, names, type Place } from "./Contestant.ts"

export const contestants = (shell: boolean): ReadonlyArray<Contestant> => {
  const all: Record<Name, Contestant> = {
    "plain-text": plainText(shell),
    "plain-binary": plainBinary(shell),
    "ours-text": oursText,
    "ours-binary": oursBinary,
    "ours-parallel": oursParallel,
    rows,
    "json-copy": jsonCopy,
    "insert-function": insertFunction,
  }
  return names.map((name) => all[name])
}

/** `--only`: names, separated by commas. */
export const choose = (
  all: ReadonlyArray<Contestant>,
  only: string | undefined,
): { readonly chosen: ReadonlyArray<Contestant> } | { readonly problem: string } => {
  if (only === undefined) return { chosen: all }
  const asked = new Set(only.split(",").map((name) => name.trim()))
  const unknown = [...asked].find((name) => !all.some((contestant) => contestant.name === name))
  return unknown === undefined
    ? { chosen: all.filter(({ name }) => asked.has(name)) }
    : { problem: `--only takes ${names.join(", ")}, separated by commas; not "${unknown}"` }
}
