/** What came of cells, kept in a file after each of them: a matrix that was interrupted goes on with `--resume`. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import { type Cell, cells, failed, nameOf, type Outcome } from "./cells.ts"

type Kept = Readonly<Record<string, Outcome>>

const read = (file: string): Kept => {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Kept
  } catch {
    return {}
  }
}

/** Of these cells, those that passed before. */
export const passed = (file: string, asked: ReadonlyArray<Cell>): Map<Cell, Outcome> => {
  const kept = read(file)
  return new Map(
    asked.flatMap((cell) => {
      const outcome = kept[nameOf(cell)]
      return outcome?._tag === "Ran" && !failed(outcome) ? [[cell, outcome] as const] : []
    }),
  )
}

/** Of all cells that were ever run here. */
export const known = (file: string): Map<Cell, Outcome> => {
  const kept = read(file)
  return new Map(
    cells.flatMap((cell) => {
      const outcome = kept[nameOf(cell)]
      return outcome === undefined ? [] : [[cell, outcome] as const]
    }),
  )
}

export const keep = (file: string, outcomes: ReadonlyMap<Cell, Outcome>): void => {
  mkdirSync(dirname(file), { recursive: true })
  const now = Object.fromEntries([...outcomes].map(([cell, outcome]) => [nameOf(cell), outcome]))
  writeFileSync(file, JSON.stringify({ ...read(file), ...now }, undefined, 2))
}
