/** SQL names and literals. Every name is quoted, always: an unquoted one changes case, and a hostile one changes the statement. */

/** Postgres cuts longer names silently (NAMEDATALEN - 1), and would then write to another table. */
export const maxNameBytes = 63

export const byteLength = (name: string): number => Buffer.byteLength(name, "utf8")

export const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`

export const qualified = (schema: string, name: string): string => `${quote(schema)}.${quote(name)}`

/** For statements that are shown to people; statements that we execute take parameters. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`

/** What is wrong with a name, or nothing. */
export const problem = (name: string): string | undefined => {
  if (name.includes("\0")) return "must not contain the NUL character"
  const bytes = byteLength(name)
  return bytes > maxNameBytes
    ? `is ${bytes} bytes long; Postgres takes at most ${maxNameBytes} bytes (not characters)`
    : undefined
}
