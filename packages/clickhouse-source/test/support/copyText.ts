/** Undoes the text format of COPY: rows of fields, NULL as null. */

const controls: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" }

const field = (text: string): string | null =>
  text === "\\N" ? null : text.replace(/\\(.)/gs, (_, char: string) => controls[char] ?? char)

export const copyRows = (text: string): ReadonlyArray<ReadonlyArray<string | null>> =>
  text
    .split("\n")
    .slice(0, -1)
    .map((row) => row.split("\t").map(field))

/** With the names of its fields. */
export const copyRecords = (
  text: string,
  names: ReadonlyArray<string>,
): ReadonlyArray<Readonly<Record<string, string | null>>> =>
  copyRows(text).map((row) => Object.fromEntries(row.map((value, index) => [names[index] ?? "", value])))
