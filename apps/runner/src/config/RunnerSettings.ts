/** The configuration's `runner:` block: what holds for all exports. Every key has a default. */
import { Redacted, Result, Schema } from "effect"
import { lengthOf, lengthOfTime } from "../schedule/Settings.ts"
import * as Place from "../store/Place.ts"
import { positive } from "./positive.ts"
import { problemOfAddress } from "./postAddress.ts"

/** Characters: what cannot be guessed, however long somebody tries. */
export const shortestToken = 16

export const events = ["failed", "paused", "recovered"] as const
export type Event = (typeof events)[number]

const Webhook = Schema.Struct({
  url: Schema.RedactedFromValue(
    Schema.String.annotate({
      title: "URL",
      description: "Where to POST to.",
      format: "password",
      writeOnly: true,
    }).check(Schema.makeFilter(problemOfAddress)),
    { label: "webhook", disallowEncode: true },
  ),
  format: Schema.optionalKey(
    Schema.Literals(["json", "slack"]).annotate({
      title: "Format",
      description: "json: the whole event. slack: one line of text, as Slack and its relatives take it.",
      default: "json",
    }),
  ),
  on: Schema.optionalKey(
    Schema.NonEmptyArray(Schema.Literals(events)).annotate({
      title: "On",
      description:
        "failed: a run failed. paused: an export was paused for its failures. recovered: it works again. Left out: all.",
    }),
  ),
})

const State = Schema.RedactedFromValue(
  Schema.String.annotate({
    title: "State",
    description:
      "A Postgres for the state, which any number of runners share: postgres://user:password@host:5432/database?schema=batch_exports. Without it, the state is a folder of one runner.",
    format: "password",
    writeOnly: true,
  }).check(
    Schema.makeFilter((text: string) => {
      const place = Place.parse(Redacted.make(text))
      return Result.isSuccess(place) ? undefined : place.failure
    }),
  ),
  { label: "state", disallowEncode: true },
)

export const Block = Schema.Struct({
  state: Schema.optionalKey(State),
  concurrency: positive("Concurrency", "How many runs may be under way at once, over all exports.", 4),
  perDestination: positive("Per destination", "How many runs may write to one destination at once.", 4),
  autoPauseAfter: positive("Auto-pause after", "An export is paused when so many of its runs failed in a row.", 3),
  retryFor: Schema.optionalKey(
    lengthOfTime(0, {
      title: "Retry for",
      description:
        "How long a run is tried again after failures that may pass, such as a server that is being restarted.",
      default: "1 hour",
      examples: ["1 hour"],
    }),
  ),
  stallTimeout: Schema.optionalKey(
    lengthOfTime(1, {
      title: "Stall timeout",
      description: "An attempt that moves no bytes for so long is given up and tried again.",
      default: "1 hour",
      examples: ["1 hour"],
    }),
  ),
  recount: Schema.optionalKey(
    Schema.Boolean.annotate({
      title: "Recount",
      description:
        "Whether each exported window is counted again at the source, an hour and a day after its export, to notice rows that came late.",
      default: true,
    }),
  ),
  keepRuns: Schema.optionalKey(
    lengthOfTime(1, {
      title: "Keep runs",
      description: "How long finished runs and their logs are kept.",
      default: "90 days",
      examples: ["90 days"],
    }),
  ),
  grace: Schema.optionalKey(
    lengthOfTime(0, {
      title: "Grace",
      description: "How long a stopping runner lets runs finish before it rolls them back.",
      default: "10 seconds",
      examples: ["10 seconds"],
    }),
  ),
  listen: Schema.optionalKey(
    Schema.String.annotate({
      title: "Listen",
      description: "Address and port of the console, the API, health and metrics, or off.",
      default: "127.0.0.1:9464",
      examples: ["127.0.0.1:9464", "off"],
    }).check(
      Schema.makeFilter((text: string) =>
        text === "off" || parseListen(text) !== undefined
          ? undefined
          : "must be an address and a port, such as 127.0.0.1:9464, or off",
      ),
    ),
  ),
  token: Schema.optionalKey(
    Schema.RedactedFromValue(
      Schema.String.annotate({
        title: "Token",
        description:
          "What the API and the console ask for. Left out: BATCH_EXPORTS_TOKEN in the environment. With neither, they answer on the loopback interface alone.",
        format: "password",
        writeOnly: true,
      }).check(Schema.isMinLength(shortestToken)),
      { label: "token", disallowEncode: true },
    ),
  ),
  webhooks: Schema.optionalKey(Schema.Array(Webhook)),
}).annotate({ title: "Runner", description: "What holds for all exports." })

export interface RunnerSettings {
  /** Undefined: a folder. */
  readonly state: Place.Postgres | undefined
  readonly concurrency: number
  readonly perDestination: number
  readonly autoPauseAfter: number
  /** Milliseconds, as all lengths here. */
  readonly retryFor: number
  readonly stallTimeout: number
  readonly recount: boolean
  readonly keepRuns: number
  readonly grace: number
  readonly listen: { readonly host: string; readonly port: number } | undefined
  readonly token: Redacted.Redacted | undefined
  readonly webhooks: ReadonlyArray<Webhook>
}

export type Webhook = (typeof Webhook)["Type"]

const parseListen = (text: string): { readonly host: string; readonly port: number } | undefined => {
  const parts = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text)
  const port = Number(parts?.[3])
  const host = parts?.[1] ?? parts?.[2]
  return host === undefined || port > 65_535 ? undefined : { host, port }
}

const millis = (text: string): number => lengthOf(text) ?? 0

export const make = (block: typeof Block.Type = {}): RunnerSettings => ({
  state: block.state === undefined ? undefined : Result.getOrThrow(Place.parse(block.state)),
  concurrency: block.concurrency ?? 4,
  perDestination: block.perDestination ?? 4,
  autoPauseAfter: block.autoPauseAfter ?? 3,
  retryFor: millis(block.retryFor ?? "1 hour"),
  stallTimeout: millis(block.stallTimeout ?? "1 hour"),
  recount: block.recount ?? true,
  keepRuns: millis(block.keepRuns ?? "90 days"),
  grace: millis(block.grace ?? "10 seconds"),
  listen: block.listen === "off" ? undefined : parseListen(block.listen ?? "127.0.0.1:9464"),
  token: block.token,
  webhooks: block.webhooks ?? [],
})
