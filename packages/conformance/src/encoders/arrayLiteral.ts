/** Postgres' array literals of one dimension: `{"a","b \" c",NULL}`. */
import { Malformed } from "./Encoder.ts"

/** The elements' texts; null for NULL, which stands in no quotes. */
export const parseArray = (literal: string): ReadonlyArray<string | null> => {
  if (!literal.startsWith("{") || !literal.endsWith("}"))
    throw new Malformed(`an array is written as ${literal.slice(0, 40)}`)
  const items: Array<string | null> = []
  let at = 1
  while (literal[at] !== "}") {
    let text = ""
    const quoted = literal[at] === '"'
    if (quoted) at += 1
    const isEnd = (char: string | undefined) => (quoted ? char === '"' : char === "," || char === "}")
    while (at < literal.length && !isEnd(literal[at])) {
      if (literal[at] === "\\") at += 1
      text += literal[at] ?? ""
      at += 1
    }
    items.push(!quoted && text.toUpperCase() === "NULL" ? null : text)
    if (quoted) at += 1
    if (literal[at] === ",") at += 1
    else if (literal[at] !== "}") throw new Malformed(`an array is written as ${literal.slice(0, 40)}`)
  }
  return items
}
