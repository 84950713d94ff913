import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Layer, Redacted } from "effect"
import { inspect } from "node:util"
import { Secrets, variable } from "../src/store/Secrets.ts"

const OLD = "11".repeat(32)
const NEW = Buffer.alloc(32, 7).toString("base64")
const PLACE = "exports/events/destination/password"
const SECRET = "geheim – 秘密 \u0000 ☃"

const using = <A, E>(key: string | undefined, body: (secrets: Secrets["Service"]) => Effect.Effect<A, E>) =>
  Effect.flatMap(Secrets, body).pipe(
    Effect.provide(
      Secrets.layer.pipe(
        Layer.provide(ConfigProvider.layer(ConfigProvider.fromUnknown(key === undefined ? {} : { [variable]: key }))),
      ),
    ),
  )

const sealed = (key = OLD, secret = SECRET) => using(key, ({ seal }) => seal(Redacted.make(secret), PLACE))

const failureOf = (key: string | undefined, text: string, place = PLACE) =>
  using(key, ({ open }) => Effect.flip(open(text, place)))

describe("stored secrets", () => {
  it.effect("come back as they were, and are seen by nobody in between", () =>
    Effect.gen(function* () {
      for (const secret of [SECRET, "", "x".repeat(10_000)]) {
        const text = yield* sealed(OLD, secret)
        if (secret !== "") assert.notInclude(text, secret)
        const opened = yield* using(OLD, ({ open }) => open(text, PLACE))
        assert.strictEqual(Redacted.value(opened), secret)
        assert.notInclude(inspect(opened), secret === "" ? "\u0000" : secret)
      }
      assert.notStrictEqual(yield* sealed(), yield* sealed())
    }),
  )

  it.effect("open under an older key, which is then no longer current", () =>
    Effect.gen(function* () {
      const text = yield* sealed(OLD)
      const both = `${NEW}, ${OLD}`
      assert.strictEqual(Redacted.value(yield* using(both, ({ open }) => open(text, PLACE))), SECRET)
      assert.isFalse(yield* using(both, ({ isCurrent }) => isCurrent(text)))
      assert.isTrue(yield* using(both, ({ isCurrent }) => Effect.flatMap(sealed(NEW), isCurrent)))
      const error = yield* failureOf(NEW, text)
      assert.strictEqual(error.reason, "KeyUnknown")
      assert.include(error.message, text.split(".")[1] ?? "no id")
      assert.notInclude(error.message, NEW)
    }),
  )

  it.effect("without a key, or with something that is none, say what to do", () =>
    Effect.gen(function* () {
      const none = yield* failureOf(undefined, yield* sealed())
      assert.strictEqual(none.reason, "KeyMissing")
      assert.include(none.remedy, "openssl rand -base64 32")
      for (const key of ["", "a passphrase of ours", `${OLD},short`, "A".repeat(42)]) {
        const error = yield* failureOf(key, yield* sealed())
        assert.oneOf(error.reason, ["KeyInvalid", "KeyMissing"])
        if (key !== "") assert.notInclude(error.message, key)
      }
    }),
  )

  it.effect("do not open when a character is changed, or elsewhere", () =>
    Effect.gen(function* () {
      const text = yield* sealed()
      const body = text.lastIndexOf(".") + 1
      for (let at = body; at < text.length; at += 5) {
        const other = text[at] === "A" ? "B" : "A"
        const changed = text.slice(0, at) + other + text.slice(at + 1)
        assert.strictEqual((yield* failureOf(OLD, changed)).reason, "Damaged", changed)
      }
      assert.strictEqual((yield* failureOf(OLD, text, "exports/orders/destination/password")).reason, "Damaged")
      for (const odd of ["", "v1", text.slice(0, body + 10), `${text}.x`, `v2${text.slice(2)}`]) {
        assert.strictEqual((yield* failureOf(OLD, odd)).reason, "Damaged", odd)
      }
    }),
  )
})
