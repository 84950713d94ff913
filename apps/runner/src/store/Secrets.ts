/**
 * Secrets that the state database keeps, encrypted (AES-256-GCM) under a key that only the environment holds. Whoever copies the
 * database has none of them; a sealed text opens only at the place that it was sealed for.
 */
import { Config, ConfigProvider, Context, Effect, Layer, Option, Redacted, Result, Schema } from "effect"
import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto"

export const variable = "BATCH_EXPORTS_SECRET_KEY"

/**
 * `KeyMissing`: the variable is not set. `KeyInvalid`: it holds no key. `KeyUnknown`: sealed under a key that it does not hold.
 * `Damaged`: the sealed text was changed, or belongs to another place.
 */
export class SecretsError extends Schema.TaggedError<SecretsError>()("SecretsError", {
  reason: Schema.Literals(["KeyMissing", "KeyInvalid", "KeyUnknown", "Damaged"]),
  message: Schema.String,
  remedy: Schema.String,
}) {}

export class Secrets extends Context.Service<
  Secrets,
  {
    /** `place`: what the secret belongs to, such as `exports/events/destination/password`. The same is needed to open it. */
    readonly seal: (secret: Redacted.Redacted, place: string) => Effect.Effect<string, SecretsError>
    readonly open: (sealed: string, place: string) => Effect.Effect<Redacted.Redacted, SecretsError>
    /** False when it should be sealed anew: its key is no longer the first. */
    readonly isCurrent: (sealed: string) => Effect.Effect<boolean, SecretsError>
  }
>()("batch-exports/Secrets") {
  /** Reads the key once. Without a usable one, only `seal` and `open` fail: a runner whose exports are all in a file needs none. */
  static readonly layer = Layer.effect(
    this,
    Effect.gen(function* () {
      const provider = yield* ConfigProvider.ConfigProvider
      const text = yield* Config.option(Config.Redacted(variable)).parse(provider).pipe(Effect.orDie)
      const keys = Option.match(text, { onNone: () => Result.fail(missing), onSome: parse })
      const both = Effect.fromResult(keys)
      return {
        seal: (secret, place) => Effect.map(both, ([first]) => seal(first, Redacted.value(secret), place)),
        open: (sealed, place) => Effect.flatMap(both, (all) => Effect.fromResult(open(all, sealed, place))),
        isCurrent: (sealed) => Effect.map(both, ([first]) => parts(sealed)?.keyId === first.id),
      }
    }),
  )
}

interface Key {
  /** Names the key without telling it. */
  readonly id: string
  readonly bytes: Redacted.Redacted<Buffer>
}

type Keys = readonly [Key, ...Array<Key>]

const make = `Make one with: openssl rand -base64 32`

const missing = new SecretsError({
  reason: "KeyMissing",
  message: `secrets cannot be stored or read: ${variable} is not set`,
  remedy: `${make}, keep it safe, and start the runner with it.`,
})

/** One key, or several with commas: the first seals, all of them open. */
const parse = (text: Redacted.Redacted): Result.Result<Keys, SecretsError> => {
  const keys: Array<Key> = []
  for (const [index, part] of Redacted.value(text).split(",").entries()) {
    const bytes = decode(part.trim())
    if (bytes === undefined) {
      return Result.fail(
        new SecretsError({
          reason: "KeyInvalid",
          message: `key ${index + 1} in ${variable} is not 32 bytes of base64 or hexadecimal digits`,
          remedy: `${make}. Several keys are separated by commas, the newest first.`,
        }),
      )
    }
    keys.push({ id: idOf(bytes), bytes: Redacted.make(bytes) })
  }
  const [first, ...others] = keys
  return first === undefined ? Result.fail(missing) : Result.succeed([first, ...others])
}

const decode = (text: string): Buffer | undefined => {
  if (/^[0-9a-fA-F]{64}$/.test(text)) return Buffer.from(text, "hex")
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return undefined
  const bytes = Buffer.from(text, "base64")
  return bytes.length === 32 ? bytes : undefined
}

const idOf = (key: Buffer): string => createHash("sha256").update("batch-exports").update(key).digest("hex").slice(0, 8)

const VERSION = "v1"
const NONCE = 12
const TAG = 16

const seal = (key: Key, secret: string, place: string): string => {
  const nonce = randomBytes(NONCE)
  const cipher = createCipheriv("aes-256-gcm", Redacted.value(key.bytes), nonce)
  cipher.setAAD(Buffer.from(place))
  const body = Buffer.concat([cipher.update(secret, "utf8"), cipher.final()])
  return [VERSION, key.id, Buffer.concat([nonce, cipher.getAuthTag(), body]).toString("base64url")].join(".")
}

const parts = (sealed: string) => {
  const [version, keyId, text, ...others] = sealed.split(".")
  const bytes = Buffer.from(text ?? "", "base64url")
  return version !== VERSION || keyId === undefined || others.length > 0 || bytes.length < NONCE + TAG
    ? undefined
    : {
        keyId,
        nonce: bytes.subarray(0, NONCE),
        tag: bytes.subarray(NONCE, NONCE + TAG),
        body: bytes.subarray(NONCE + TAG),
      }
}

const open = (keys: Keys, sealed: string, place: string): Result.Result<Redacted.Redacted, SecretsError> => {
  const found = parts(sealed)
  if (found === undefined) return damaged(place)
  const key = keys.find(({ id }) => id === found.keyId)
  if (key === undefined) {
    return Result.fail(
      new SecretsError({
        reason: "KeyUnknown",
        message: `the secret of ${place} was stored under key ${found.keyId}, and ${variable} holds ${keys.map(({ id }) => id).join(", ")}`,
        remedy: `Add the key that it was stored under to ${variable}, after a comma, or enter the secret again.`,
      }),
    )
  }
  try {
    const decipher = createDecipheriv("aes-256-gcm", Redacted.value(key.bytes), found.nonce, { authTagLength: TAG })
    decipher.setAAD(Buffer.from(place)).setAuthTag(found.tag)
    const secret = Buffer.concat([decipher.update(found.body), decipher.final()]).toString("utf8")
    return Result.succeed(Redacted.make(secret))
  } catch {
    // Of an authenticated cipher's failure nothing more can be said.
    return damaged(place)
  }
}

const damaged = (place: string) =>
  Result.fail(
    new SecretsError({
      reason: "Damaged",
      message: `the stored secret of ${place} has been changed, or was stored for something else`,
      remedy: "Enter the secret again.",
    }),
  )
