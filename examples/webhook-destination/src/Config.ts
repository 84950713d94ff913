/** The settings of a webhook. */
import { Effect, Schema } from "effect"

const count = (preset: number, title: string, description: string, maximum: number) =>
  Schema.Int.annotate({ title, description, default: preset })
    .check(Schema.isBetween({ minimum: 1, maximum }))
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed(preset)))

export const Config = Schema.Struct({
  url: Schema.String.annotate({ title: "URL", description: "Where batches of records are posted to." }).check(
    Schema.makeFilter((url: string) =>
      URL.canParse(url) && /^https?:$/.test(new URL(url).protocol) && new URL(url).password === ""
        ? undefined
        : "must be an http or https URL without a password",
    ),
  ),
  token: Schema.optionalKey(
    Schema.RedactedFromValue(
      Schema.String.annotate({
        title: "Token",
        description: "Sent as a bearer token.",
        format: "password",
        writeOnly: true,
      }),
      { label: "token" },
    ),
  ),
  maxBytes: count(1_048_576, "Bytes of a batch", "A request carries at most so many bytes.", 1_073_741_824),
  maxRows: count(1_000, "Records of a batch", "A request carries at most so many records.", 1_000_000),
  timeoutSeconds: count(30, "Timeout", "How long one request may take, in seconds.", 3_600),
})

export interface Config extends Schema.Schema.Type<typeof Config> {}
