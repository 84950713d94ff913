/** Postgres refuses to run as root: the account that its programs run under instead. */
import { spawnSync } from "node:child_process"
import { chownSync, statSync } from "node:fs"
import { Refusal } from "../Refusal.ts"

export interface Account {
  readonly uid: number
  readonly gid: number
}

/** Undefined: as ourselves. An existing cluster keeps its owner, since Postgres insists that the data is its own. */
export const chooseAccount = (existing: string | undefined): Account | undefined => {
  if (process.getuid?.() !== 0) return undefined
  if (existing !== undefined) {
    const { gid, uid } = statSync(existing)
    if (uid !== 0) return { uid, gid }
  }
  for (const name of ["postgres", "nobody"]) {
    const uid = idOf("-u", name)
    const gid = idOf("-g", name)
    // A number without an entry in the user database does not do: "could not look up effective user ID".
    if (uid !== undefined && gid !== undefined) return { uid, gid }
  }
  throw new Refusal(
    "Postgres does not run as root, and there is neither a user postgres nor a user nobody",
    "Run as an ordinary user, or set DATABASE_URL to a server of your own.",
  )
}

export const give = (path: string, account: Account | undefined): void => {
  if (account !== undefined) chownSync(path, account.uid, account.gid)
}

const idOf = (flag: string, name: string): number | undefined => {
  const { status, stdout } = spawnSync("id", [flag, name], { encoding: "utf8" })
  return status === 0 ? Number(stdout) : undefined
}
