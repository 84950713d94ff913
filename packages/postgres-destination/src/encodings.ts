/** The encodings that Postgres ingests, in order of preference, and what COPY wants said of each and put around it. */

/** https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.3.55.9.4 */
export const copyBinary = "postgres-copy-binary"
/** https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.3.55.9.2 */
export const copyText = "postgres-copy-text"

export const encodings = [copyBinary, copyText] as const

export type CopyEncoding = (typeof encodings)[number]

/** The source renders rows alone; a binary stream has a beginning and an end of its own. */
export interface Frame {
  readonly before: ReadonlyArray<Uint8Array>
  /** Sent only after the source's answer has proven to be whole. */
  readonly after: ReadonlyArray<Uint8Array>
}

export const frames: Readonly<Record<CopyEncoding, Frame>> = {
  // Signature, flags, and a header extension of no bytes; then, in place of a row's number of fields, −1.
  [copyBinary]: {
    before: [Buffer.from("PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0", "latin1")],
    after: [Buffer.from([0xff, 0xff])],
  },
  [copyText]: { before: [], after: [] },
}

/** How COPY is told what is coming. UTF-8 is said aloud: a role may have another client_encoding set. */
export const copyOptions: Readonly<Record<CopyEncoding, string>> = {
  // COPY heeds ENCODING for text alone; binary follows client_encoding, which the transaction sets.
  [copyBinary]: "FORMAT binary",
  [copyText]: "FORMAT text, ENCODING 'UTF8'",
}
