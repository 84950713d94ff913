/** Takes ClickHouse's names of types apart: `Map(String, Array(UInt8))`, `DateTime64(3, 'Europe/Paris')`. */

export interface TypeName {
  readonly name: string
  /** As they are written. */
  readonly args: ReadonlyArray<string>
}

export const parse = (text: string): TypeName => {
  const open = text.indexOf("(")
  return open < 0
    ? { name: text.trim(), args: [] }
    : { name: text.slice(0, open).trim(), args: split(text.slice(open + 1, text.lastIndexOf(")"))) }
}

/** At the commas that stand in no brackets and in no quotes. */
export const split = (text: string): ReadonlyArray<string> => {
  const parts: Array<string> = []
  let [depth, from] = [0, 0]
  let quote: string | undefined
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    if (quote !== undefined) {
      if (char === "\\") at++
      else if (char === quote) quote = undefined
    } else if (char === "'" || char === "`" || char === '"') quote = char
    else if (char === "(") depth++
    else if (char === ")") depth--
    else if (char === "," && depth === 0) {
      parts.push(text.slice(from, at).trim())
      from = at + 1
    }
  }
  return [...parts, text.slice(from).trim()].filter((part) => part !== "")
}
