import { Effect, Exit, Redacted, Result, Schema, Stream } from "effect"
import { exported, runOf, standard } from "../../drive/exported.ts"
import { overheard, print } from "../../drive/overheard.ts"
import { Broken } from "../../Broken.ts"
import * as expect from "../../expect.ts"
import type { Target } from "../../Harness.ts"
import { always, type Law } from "../../Law.ts"

/** A setting of such a name is a secret, whatever the schema says. */
const suspicious = /passw|secret|token|credential|privatekey|apikey/i

export const secrets: Law = {
  name: "manifest/secrets",
  says: "What is secret is marked as such, and shows in no error, log, span, plan, place, check or JSON.",
  when: always,
  run: Effect.fnUntraced(function* (bench) {
    const { target } = yield* bench.fresh
    const settings = yield* settingsOf(bench.plugin.Config, target.config)
    const open = settings.filter(({ marked, name }) => !marked && suspicious.test(name)).map(({ name }) => name)
    yield* expect.that(open.length === 0, {
      expected: `${open.join(", ")} is Redacted once decoded`,
      seen: "plain text",
      advice: "Use `Schema.RedactedFromValue(Schema.String)`, annotated `{ writeOnly: true }`.",
    })
    const values = settings.filter(({ marked }) => marked).map(({ value }) => value)
    yield* expect.that(
      values.every((value) => value.length >= 8),
      {
        expected: "secrets of at least eight characters in the harness's configuration",
        seen: "a shorter one, which other words may hold",
        advice: "Give the harness a secret that is found nowhere else.",
      },
    )

    const said: Array<string> = []
    for (const config of [target.config, ...wrong(target)]) {
      const configured = bench.plugin.configure(config)
      if (Result.isFailure(configured)) {
        said.push(configured.failure.message, print(configured.failure))
        continue
      }
      const destination = configured.success
      said.push(destination.place ?? "")
      const wanted = standard(bench)
      const all = [
        Effect.map(Stream.runCollect(destination.check(wanted.model)), (steps): unknown => steps),
        destination.plan(runOf(wanted)),
        exported(bench, { destination }, wanted),
        Stream.runCollect(destination.ledger(wanted.export)),
      ]
      for (const one of all) {
        const [exit, lines] = yield* overheard(Effect.exit(one))
        said.push(...lines, print(Exit.isSuccess(exit) ? exit.value : exit.cause))
      }
    }
    const found = said.find((line) => values.some((value) => line.includes(value)))
    yield* expect.that(found === undefined, {
      expected: "no secret in anything that the destination says",
      seen: around(found ?? "", values),
      advice:
        "Keep secrets Redacted up to the call that needs them; never put a configuration or a driver's error whole into a message.",
    })
  }),
}

/** What fails in its own way each: decoding, connecting, and whatever the harness knows. */
const wrong = (target: Target): ReadonlyArray<unknown> => [
  { ...(target.config as object), unheardOf: true },
  ...(target.network === undefined ? [] : [target.network.through({ host: "127.0.0.1", port: 1 })]),
  ...target.misconfigured.map(({ config }) => config),
]

interface Setting {
  readonly name: string
  readonly value: string
  readonly marked: boolean
}

/** Texts in the configuration, with whether they are Redacted once it is decoded. */
const settingsOf = (schema: Schema.Top, config: unknown): Effect.Effect<ReadonlyArray<Setting>, Broken> =>
  Effect.suspend(() => {
    const decoded = Schema.decodeUnknownResult(schema as Schema.Codec<unknown>)(config)
    return Result.isSuccess(decoded)
      ? Effect.succeed(walk("", config, decoded.success))
      : Effect.fail(
          new Broken({
            expected: "the harness's configuration decodes",
            seen: decoded.failure.message,
            advice: "Give `Target.config` as a user would write it.",
          }),
        )
  })

const walk = (name: string, raw: unknown, decoded: unknown): ReadonlyArray<Setting> => {
  if (typeof raw === "string") return [{ name, value: raw, marked: Redacted.isRedacted(decoded) }]
  if (typeof raw !== "object" || raw === null) return []
  const after = typeof decoded === "object" && decoded !== null ? (decoded as Record<string, unknown>) : {}
  return Object.entries(raw).flatMap(([key, value]) => walk(key, value, after[key]))
}

const around = (text: string, values: ReadonlyArray<string>): string => {
  const value = values.find((one) => text.includes(one)) ?? ""
  const at = text.indexOf(value)
  return `"${text.slice(Math.max(0, at - 80), at)}<the secret>${text.slice(at + value.length, at + value.length + 20)}"`
}
