/** Vectors as files: the lines of an encoding of text, hexadecimal digits for the others. One file for each encoding. */
import { readFileSync, writeFileSync } from "node:fs"
import type { Codec } from "../encoders/index.ts"

/** What was captured of each column, by its name. */
export type Vectors = Readonly<Record<string, ReadonlyArray<string>>>

type Named = Pick<Codec, "name">

const file = ({ name }: Named) => new URL(`../../golden/${name}.json`, import.meta.url)

const isText = ({ name }: Named) => name !== "postgres-copy-binary"

/** One piece for each line, so that a change is seen where it happened. */
export const fromBytes = (codec: Named, bytes: Uint8Array): ReadonlyArray<string> =>
  isText(codec) ? Buffer.from(bytes).toString("utf8").split("\n") : [Buffer.from(bytes).toString("hex")]

export const toBytes = (codec: Named, pieces: ReadonlyArray<string>): Uint8Array =>
  Buffer.from(pieces.join("\n"), isText(codec) ? "utf8" : "hex")

export const format = (vectors: Vectors): string => `${JSON.stringify(vectors, undefined, 1)}\n`

export const read = (codec: Named): Vectors => JSON.parse(readFileSync(file(codec), "utf8")) as Vectors

export const write = (codec: Named, vectors: Vectors): void => writeFileSync(file(codec), format(vectors))
