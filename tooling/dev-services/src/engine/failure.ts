/**
 * Failures on demand, for tests of what a client makes of them. Settings of the front's own: in the URL, in the header
 * `X-Dev-Settings` (`dev_exception=cut&dev_fail_after_bytes=1000`), or among the settings that the server started with.
 */
import { Exception } from "./Exception.ts"

const styles = ["tagged", "untagged", "cut", "silent"] as const

export interface Failure {
  /**
   * How an exception is told once the answer has begun. `tagged`: as servers since 25.11. `untagged`: as older ones, the
   * bare text. `cut`: the connection breaks. `silent`: the answer ends as if it were whole, as behind a bad proxy.
   */
  readonly style: (typeof styles)[number]
  /** Raises an exception after that many bytes of the answer, wherever in a row that may be. */
  readonly failAfter: number
  /** Sends nothing more after that many bytes, and waits until the client goes. */
  readonly stallAfter: number
  /** Prints the tail of FORMAT Template before the exception, as the engine may. */
  readonly tail: boolean
}

export const readFailure = (own: ReadonlyMap<string, string>): Failure => {
  const style = own.get("dev_exception") ?? "tagged"
  for (const name of own.keys())
    if (!["dev_exception", "dev_fail_after_bytes", "dev_stall_after_bytes", "dev_tail"].includes(name))
      throw new Exception(115, "UNKNOWN_SETTING", `Unknown setting '${name}'`)
  const known = styles.find((name) => name === style)
  if (known === undefined)
    throw new Exception(36, "BAD_ARGUMENTS", `dev_exception is one of ${styles.join(", ")}, not '${style}'`)
  return {
    style: known,
    failAfter: bytes(own, "dev_fail_after_bytes"),
    stallAfter: bytes(own, "dev_stall_after_bytes"),
    tail: own.get("dev_tail") === "1",
  }
}

const bytes = (own: ReadonlyMap<string, string>, name: string): number => {
  const text = own.get(name)
  if (text === undefined) return Infinity
  if (!/^\d+$/.test(text)) throw new Exception(36, "BAD_ARGUMENTS", `${name} is a number of bytes, not '${text}'`)
  return Number(text)
}
