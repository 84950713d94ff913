/** The settings of the transaction, by server version: a setting that the server does not know would end the run. */
import { assert, describe, it } from "@effect/vitest"
import { Duration } from "effect"
import { setLocal, transactionSettings } from "../src/connection/transactionSettings.ts"
import { creationLock, exportKey } from "../src/ledger/exportKey.ts"

const settings = (version: number, windows = false) =>
  new Map(
    transactionSettings({
      server: { version, windows },
      lockTimeout: Duration.seconds(3),
      stallTimeout: Duration.minutes(1),
      transactionTimeout: Duration.hours(1),
      run: "r'un",
    }),
  )

describe("transaction settings", () => {
  it("are what each version knows", () => {
    assert.isFalse(settings(130_010).has("client_connection_check_interval"))
    assert.isTrue(settings(140_000).has("client_connection_check_interval"))
    assert.isFalse(settings(140_000, true).has("client_connection_check_interval"))
    assert.isFalse(settings(160_000).has("transaction_timeout"))
    assert.strictEqual(settings(170_000).get("transaction_timeout"), "3630000")
    assert.strictEqual(settings(150_000).get("lock_timeout"), "3000")
    assert.strictEqual(settings(150_000).get("synchronous_commit"), "on")
    assert.strictEqual(settings(150_000).get("client_encoding"), "UTF8")
    assert.isAbove(Number(settings(150_000).get("idle_in_transaction_session_timeout")), 60_000)
  })

  it("are local, and pass values as parameters", () => {
    const { sql, values } = setLocal([...settings(150_000)])
    assert.notInclude(sql, "r'un")
    assert.include(values, "batch-exports r'un")
    assert.strictEqual(sql.match(/set_config\(\$\d+, \$\d+, true\)/g)?.length, values.length / 2)
  })
})

describe("keys", () => {
  it("of exports are stable, positive and below 2^62", () => {
    assert.strictEqual(exportKey("an export"), "3277031751174422465")
    for (let seed = 0; seed < 1000; seed++) {
      const key = BigInt(exportKey(`export ${seed}`))
      assert.isTrue(key >= 0n && key < 1n << 62n)
    }
  })

  it("of locks tell schema and table apart", () => {
    assert.notStrictEqual(creationLock("a", "b\0c"), creationLock("a\0b", "c2"))
    assert.notStrictEqual(creationLock("a", "b"), creationLock("b", "a"))
  })
})
