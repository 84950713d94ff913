/** The version of this program, as its package says. */
import { readFileSync } from "node:fs"
import { packageFile } from "./packageFile.ts"

export const { version } = JSON.parse(readFileSync(packageFile("package.json"), "utf8")) as {
  readonly version: string
}
