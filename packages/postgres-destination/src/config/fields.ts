/**
 * The kinds of settings. Annotations come before checks and before transformations: they then stand on what the user
 * writes, which is the side that JSON Schema, and so every form, shows.
 */
import { Duration, Effect, Option, Schema } from "effect"
import * as identifier from "../identifier.ts"

export type Words = {
  readonly title: string
  readonly description: string
  readonly default?: string
  readonly aside?: true
}

export const text = (words: Words) => Schema.String.annotate(words).check(Schema.isNonEmpty())

/** An SQL name. */
export const name = (words: Words) =>
  Schema.String.annotate(words).check(
    Schema.isNonEmpty(),
    Schema.makeFilter((value: string) => identifier.problem(value)),
  )

const isDuration = (written: string): boolean => {
  const parsed = Duration.fromInput(written as Duration.Input)
  if (Option.isNone(parsed) || !Duration.isFinite(parsed.value)) return false
  const millis = Duration.toMillis(parsed.value)
  return millis >= 1 && millis <= longest
}

/** What a timer, and a setting of Postgres's, can hold: 32 bits of milliseconds. Beyond, a timer would fire at once. */
const longest = 2 ** 31 - 1_000_000

/** How long something may take leads a secret nowhere. */
export const duration = (preset: string, title: string, description: string) =>
  Schema.String.annotate({ title, description, default: preset, examples: ["30 seconds", "5 minutes"], aside: true })
    .check(
      Schema.makeFilter((written: string) =>
        isDuration(written) ? undefined : 'must be a positive length of time of at most 24 days, such as "30 seconds"',
      ),
    )
    .pipe(Schema.decodeTo(Schema.DurationFromString), Schema.withDecodingDefaultKey(Effect.succeed(preset)))

export const secret = (label: string, words: Words) =>
  Schema.optionalKey(
    Schema.RedactedFromValue(
      Schema.String.annotate({ ...words, format: "password", writeOnly: true }).check(Schema.isNonEmpty()),
      { label, disallowEncode: true },
    ),
  )
