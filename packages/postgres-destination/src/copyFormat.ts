/** The setting that says in which encoding rows may go, and what it leaves of those that a source offers. */
import type { Encoding } from "@batch-exports/core"
import { copyBinary, copyText, type CopyEncoding, encodings } from "./encodings.ts"

export const copyFormats = ["auto", "text", "binary"] as const

export type CopyFormat = (typeof copyFormats)[number]

export interface Allowed {
  /** In order of preference; empty where source and setting have none in common. */
  readonly encodings: ReadonlyArray<CopyEncoding>
  /** Why binary is not among them. Continues the sentence "Rows are copied as text: …". */
  readonly notBinary: string | undefined
  /** What to do where a column's type has no binary form, and text is not among them. */
  readonly remedy: string
}

const wanted: Readonly<Record<CopyFormat, ReadonlyArray<CopyEncoding>>> = {
  auto: encodings,
  text: [copyText],
  binary: [copyBinary],
}

export const allow = (format: CopyFormat, offers: ReadonlyArray<Encoding.EncodingName>): Allowed => ({
  encodings: wanted[format].filter((name) => offers.includes(name)),
  notBinary:
    format === "text"
      ? 'copyFormat is "text"'
      : offers.includes(copyBinary)
        ? undefined
        : `the source does not write ${copyBinary}`,
  remedy:
    format === "binary"
      ? 'Set copyFormat to "auto", so that the rows go as text; or change the types of these columns.'
      : `Change the types of these columns, or choose a source that writes ${copyText}.`,
})
