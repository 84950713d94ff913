/** Where a page ends, as text that a client hands back without looking inside. */
import { Option, Schema } from "effect"

export const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url")

/** None where the text is not one of ours. */
export const decode = <S extends Schema.Codec<unknown, unknown>>(schema: S, text: string): Option.Option<S["Type"]> => {
  try {
    return Schema.decodeUnknownOption(schema)(JSON.parse(Buffer.from(text, "base64url").toString("utf8")))
  } catch {
    return Option.none()
  }
}
