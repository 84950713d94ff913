/** The encodings that Postgres ingests, in order of preference. */

/** https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.3.55.9.2 */
export const copyText = "postgres-copy-text"

export const encodings = [copyText] as const

/** How COPY is told what is coming. UTF-8 is said aloud: a role may have another client_encoding set. */
export const copyOptions: Readonly<Record<(typeof encodings)[number], string>> = {
  [copyText]: "FORMAT text, ENCODING 'UTF8'",
}
