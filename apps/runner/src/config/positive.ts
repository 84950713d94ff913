import { Schema } from "effect"

/** A whole number above zero that has a default. */
export const positive = (title: string, description: string, preset: number) =>
  Schema.optionalKey(Schema.Int.annotate({ title, description, default: preset }).check(Schema.isGreaterThan(0)))
