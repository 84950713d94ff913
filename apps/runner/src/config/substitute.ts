/**
 * Replaces `${NAME}` by an environment variable and `${file:path}` by a file's text, in every string of a value. Secrets
 * stay out of the file that way. `$${` writes `${` itself.
 */
import type { ConfigError } from "@batch-exports/core"
import type { Path } from "./document.ts"

export interface Lookup {
  readonly env: (name: string) => string | undefined
  /** Undefined when the file cannot be read. */
  readonly file: (path: string) => string | undefined
}

export interface Substituted {
  readonly value: unknown
  /** Where a substitution made up a whole value. Such text may stand for a number. */
  readonly whole: ReadonlyArray<Path>
  readonly problems: ConfigError["problems"]
}

const reference = /\$\$\{|\$\{([^}]*)(\}?)/g

const isName = (text: string): boolean => /^(?:[A-Za-z_][A-Za-z0-9_]*|file:.+)$/.test(text)

export const substitute = (input: unknown, lookup: Lookup): Substituted => {
  const whole: Array<Path> = []
  const problems: Array<ConfigError["problems"][number]> = []

  const resolve = (name: string, path: Path): string => {
    const file = name.startsWith("file:") ? name.slice("file:".length) : undefined
    const found = file === undefined ? lookup.env(name) : lookup.file(file)?.replace(/\r?\n$/, "")
    if (found !== undefined) return found
    const message = file === undefined ? `environment variable ${name} is not set` : `file ${file} cannot be read`
    problems.push({ path, message })
    return ""
  }

  const visit = (value: unknown, path: Path): unknown => {
    if (typeof value === "string") {
      if (/^\$\{[^}]*\}$/.test(value)) whole.push(path)
      return value.replace(reference, (match, name: string | undefined, closing: string | undefined) => {
        if (name === undefined) return match.slice(1)
        if (closing === "}" && isName(name)) return resolve(name, path)
        // What stands there is not repeated: it may be part of a password.
        problems.push({
          path,
          message: 'holds "${" without a name and "}" after it; write ${NAME}, ${file:path}, or $${ for "${" itself',
        })
        return ""
      })
    }
    if (Array.isArray(value)) return value.map((item, index) => visit(item, [...path, index]))
    if (typeof value === "object" && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, visit(item, [...path, key])]))
    }
    return value
  }

  return { value: visit(input, []), whole, problems }
}
