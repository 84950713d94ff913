/** The public table of errors: what each means for a run, and what its message may say. */
import { Reason } from "@batch-exports/core"
import { assert, describe, it } from "@effect/vitest"
import { classify, Silence, unfitMark } from "../src/errors/classify.ts"
import { networkCodes, serverCodes } from "../src/errors/codes.ts"

const place = { url: "https://clickhouse.example.com:8443", secret: "hunter2" }

const server = (code: number, text = "Something happened.", name = "NAME_OF_IT") =>
  new Error(`Code: ${code}. DB::Exception: ${text} (${name}) (version 26.7.2.1 (official build))`)

const withCode = (code: string, text = `connect ${code} 10.0.0.1:8443`) => Object.assign(new Error(text), { code })

describe("classify", () => {
  const byCode: ReadonlyArray<readonly [number, Reason.Reason, Reason.Recovery]> = [
    [516, "AuthenticationFailed", "stop"],
    [192, "AuthenticationFailed", "stop"],
    [81, "SourceMissing", "stop"],
    [60, "SourceMissing", "stop"],
    [47, "SourceMissing", "stop"],
    [497, "PermissionDenied", "stop"],
    [164, "PermissionDenied", "stop"],
    [452, "PermissionDenied", "stop"],
    [62, "QueryInvalid", "stop"],
    [43, "QueryInvalid", "stop"],
    [115, "Unsupported", "stop"],
    [73, "Unsupported", "stop"],
    [159, "Timeout", "retry"],
    [160, "Timeout", "retry"],
    [241, "MemoryLimit", "retry"],
    [202, "TooBusy", "retry"],
    [236, "TooBusy", "retry"],
    [210, "ConnectionLost", "retry"],
    [394, "ConnectionLost", "retry"],
    [216, "Busy", "retry"],
    [243, "DiskFull", "retry"],
    [158, "QueryInvalid", "stop"],
    [6, "QueryInvalid", "stop"],
    [33, "SourceIncomplete", "retry"],
    [700, "TooBusy", "retry"],
    [1000, "ConnectionLost", "retry"],
    [57, "Unknown", "stop"],
    [49, "Unknown", "stop"],
    [99_999, "Unknown", "stop"],
  ]
  for (const [code, reason, recovery] of byCode) {
    it(`ClickHouse ${code}: ${reason}, ${recovery}`, () => {
      for (const cause of [server(code), Object.assign(new Error("Something happened."), { code: String(code) })]) {
        const error = classify(cause, place)
        assert.strictEqual(error.reason, reason)
        assert.strictEqual(error.recovery, recovery)
        assert.strictEqual(error.code, String(code))
        assert.include(error.message, place.url)
        assert.include(error.message, "Something happened.")
        assert.notInclude(error.message, "official build")
        assert.isNotEmpty(error.remedy)
      }
    })
  }

  const byNetwork: ReadonlyArray<readonly [string, Reason.Reason]> = [
    ["ECONNREFUSED", "ConnectionFailed"],
    ["EHOSTUNREACH", "ConnectionFailed"],
    ["ETIMEDOUT", "ConnectionFailed"],
    ["EAI_AGAIN", "ConnectionFailed"],
    ["ENOTFOUND", "HostNotFound"],
    ["ECONNRESET", "ConnectionLost"],
    ["EPIPE", "ConnectionLost"],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "TlsUntrusted"],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "TlsUntrusted"],
    ["CERT_SIGNATURE_FAILURE", "TlsUntrusted"],
    ["CERT_HAS_EXPIRED", "TlsUntrusted"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "TlsUntrusted"],
    ["EPROTO", "TlsUnavailable"],
    ["ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", "AuthenticationFailed"],
    ["ERR_SSL_TLSV1_ALERT_UNKNOWN_CA", "AuthenticationFailed"],
    ["EWHATEVER", "Unknown"],
  ]
  for (const [code, reason] of byNetwork) {
    it(`${code}: ${reason}`, () => {
      const nested = new Error("fetch failed", { cause: withCode(code) })
      const several = new AggregateError([withCode(code), withCode("ECONNREFUSED")])
      for (const cause of [withCode(code), nested, several]) {
        const error = classify(cause, place)
        assert.strictEqual(error.reason, reason)
        assert.strictEqual(error.code, code)
        assert.include(error.message, `${place.url} `)
      }
    })
  }

  it("knows what has no code", () => {
    assert.strictEqual(classify(new Error("socket hang up"), place).reason, "ConnectionLost")
    assert.strictEqual(classify(new Error("aborted"), place).reason, "ConnectionLost")
    assert.strictEqual(classify(new Error("Timeout error."), place).reason, "Stalled")
    assert.strictEqual(classify(new Silence("no bytes"), place).reason, "Stalled")
    assert.strictEqual(classify("boo", place).reason, "Unknown")
  })

  it("names the field of a value that may not be changed", () => {
    const error = classify(server(395, `${unfitMark}distinct_id: while executing 'FUNCTION throwIf'.`), place)
    assert.strictEqual(error.reason, "ValueUnfit")
    assert.include(error.message, '"distinct_id"')
    assert.strictEqual(classify(server(395, "the user's own throwIf"), place).reason, "QueryInvalid")
  })

  it("never repeats the password, and keeps messages short", () => {
    const error = classify(server(62, `Syntax error near hunter2 ${"x".repeat(10_000)}`), place)
    assert.notInclude(error.message, "hunter2")
    assert.isBelow(error.message.length, 500)
  })

  it("has only reasons that the contract knows, each with something to do", () => {
    for (const meaning of [...Object.values(serverCodes), ...Object.values(networkCodes)]) {
      assert.include(Reason.all, meaning.reason)
      assert.match(meaning.remedy, /\.$/)
    }
  })
})
