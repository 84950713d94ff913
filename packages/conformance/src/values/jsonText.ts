/**
 * JSON as text, since `JSON.parse` loses what destinations must keep: digits past a double, and where a member's text begins
 * and ends. Nothing here recurses, so documents may be thousands of levels deep.
 */

/** The index after the string whose opening quote stands at `start`. */
const endOfString = (text: string, start: number): number => {
  let at = start + 1
  while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1
  return at + 1
}

const isSpace = (char: string | undefined) => char === " " || char === "\n" || char === "\r" || char === "\t"

const afterSpace = (text: string, start: number): number => {
  let at = start
  while (isSpace(text[at])) at += 1
  return at
}

const endOfScalar = (text: string, start: number): number => {
  let at = start
  while (at < text.length && !isSpace(text[at]) && !",]}".includes(text[at] ?? "")) at += 1
  return at
}

/** The index after the value that begins at `start`. The text is valid JSON. */
const endOfValue = (text: string, start: number): number => {
  let depth = 0
  let at = start
  do {
    const char = text[at]
    if (char === '"') at = endOfString(text, at)
    else if (char === "{" || char === "[") {
      depth += 1
      at += 1
    } else if (char === "}" || char === "]") {
      depth -= 1
      at += 1
    } else if (depth === 0) at = endOfScalar(text, at)
    else at += 1
  } while (depth > 0)
  return at
}

/** The texts of an array's items. The text is valid JSON. */
export const itemsOf = (text: string): ReadonlyArray<string> => {
  const items: Array<string> = []
  let at = afterSpace(text, text.indexOf("[") + 1)
  while (text[at] !== "]") {
    const end = endOfValue(text, at)
    items.push(text.slice(at, end))
    at = afterSpace(text, end)
    if (text[at] === ",") at = afterSpace(text, at + 1)
  }
  return items
}

/** The texts of an object's members, in order, repeated keys and all. The text is valid JSON. */
export const membersOf = (text: string): ReadonlyArray<readonly [key: string, value: string]> => {
  const members: Array<readonly [string, string]> = []
  let at = afterSpace(text, text.indexOf("{") + 1)
  while (text[at] !== "}") {
    const endOfKey = endOfString(text, at)
    const key = JSON.parse(text.slice(at, endOfKey)) as string
    const start = afterSpace(text, text.indexOf(":", endOfKey) + 1)
    const end = endOfValue(text, start)
    members.push([key, text.slice(start, end)])
    at = afterSpace(text, end)
    if (text[at] === ",") at = afterSpace(text, at + 1)
  }
  return members
}

/** By value: the digits without zeros at either end, and the power of ten. −0 is 0. */
export const canonicalNumber = (text: string): string => {
  const [, sign = "", whole = "", fraction = "", exponent = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? []
  const digits = `${whole}${fraction}`.replace(/^0+/, "")
  const kept = digits.replace(/0+$/, "")
  if (kept === "") return "0"
  const power = BigInt(exponent) - BigInt(fraction.length) + BigInt(digits.length - kept.length)
  return `${sign}${kept}${power === 0n ? "" : `e${power}`}`
}

interface Container {
  readonly kind: "array" | "object"
  readonly items: Array<string>
  readonly members: Map<string, string>
  key: string | undefined
}

/**
 * One text for all JSON that says the same: keys in order, of repeated ones the last, numbers by value, strings exact, no
 * space. What is not JSON stays apart from all that is.
 */
export const canonicalJson = (text: string): string => {
  try {
    JSON.parse(text)
  } catch {
    return `not JSON: ${text}`
  }
  const open: Array<Container> = []
  let at = 0
  let done: string | undefined
  while (done === undefined) {
    at = afterSpace(text, at)
    const char = text[at]
    let value: string | undefined
    if (char === "{" || char === "[") {
      open.push({ kind: char === "{" ? "object" : "array", items: [], members: new Map(), key: undefined })
      at += 1
    } else if (char === "}" || char === "]") {
      value = close(open.pop())
      at += 1
    } else if (char === "," || char === ":") at += 1
    else {
      const end = char === '"' ? endOfString(text, at) : endOfScalar(text, at)
      value = canonicalScalar(text.slice(at, end))
      at = end
    }
    if (value !== undefined && !put(open.at(-1), value)) done = value
  }
  return done
}

const canonicalScalar = (text: string): string =>
  text.startsWith('"') ? JSON.stringify(JSON.parse(text)) : /^[-\d]/.test(text) ? canonicalNumber(text) : text

const close = (container: Container | undefined): string => {
  if (container?.kind !== "object") return `[${(container?.items ?? []).join(",")}]`
  const keys = [...container.members.keys()].sort()
  return `{${keys.map((key) => `${key}:${container.members.get(key) ?? ""}`).join(",")}}`
}

/** False where there is no container to put it in: then it is the whole document. */
const put = (container: Container | undefined, value: string): boolean => {
  if (container === undefined) return false
  if (container.kind === "array") container.items.push(value)
  else if (container.key === undefined) container.key = value
  else {
    container.members.set(container.key, value)
    container.key = undefined
  }
  return true
}
