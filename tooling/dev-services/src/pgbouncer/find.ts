/** Where the program is. Debian puts it where an ordinary user's PATH does not look. */
import { existsSync } from "node:fs"
import { delimiter, join } from "node:path"

export const findPgBouncer = (): string | undefined =>
  [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"]
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, "pgbouncer"))
    .find((file) => existsSync(file))
