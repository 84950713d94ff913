/** Other versions of the program, to run beside this one: an older one out of git, and newer ones made of this one's sources. */
import { Effect } from "effect"
import { execFileSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { known } from "../../src/store/migrations.ts"

const root = fileURLToPath(new URL("../../../..", import.meta.url))

export interface Version {
  /** The program's first file. */
  readonly main: string
  readonly version: string
}

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "batch-exports-version-"))),
  (made) => Effect.sync(() => rmSync(made, { recursive: true, force: true })),
)

const named = (made: string, version: string): Version => {
  const file = join(made, "apps/runner/package.json")
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), version }))
  return { main: join(made, "apps/runner/src/main.ts"), version }
}

/** This one with one more step in its tables, which does these statements. `rename`: a column that its own code knows by the new name. */
export const newer = Effect.fnUntraced(function* (
  statements: ReadonlyArray<string>,
  rename?: { readonly from: string; readonly to: string },
) {
  const made = yield* folder
  for (const name of ["src", "package.json"]) {
    cpSync(join(root, "apps/runner", name), join(made, "apps/runner", name), { recursive: true })
  }
  symlinkSync(join(root, "node_modules"), join(made, "node_modules"))
  const step = [
    "const another = Effect.gen(function* () {",
    "  const sql = yield* SqlClient.SqlClient",
    ...statements.map((statement) => `  yield* sql\`${statement}\``),
    "})",
  ].join("\n")
  edit(join(made, "apps/runner/src/store/migrations.ts"), (text) =>
    text.replace(
      /const all = \{[^}]*/,
      (entries) => `${step}\n\n${entries}  "${number(known + 1)}_another": another,\n`,
    ),
  )
  if (rename !== undefined) {
    for (const name of ["Run.ts", "Runs.ts"]) {
      edit(join(made, "apps/runner/src/store", name), (text) => text.replaceAll(rename.from, rename.to))
    }
  }
  return named(made, "9.9.9")
})

const number = (version: number): string => String(version).padStart(4, "0")

const edit = (file: string, change: (text: string) => string): void => {
  const before = readFileSync(file, "utf8")
  const after = change(before)
  if (after === before) throw new Error(`${file} has not what was to be changed in it`)
  writeFileSync(file, after)
}

const git = (...args: ReadonlyArray<string>): string =>
  execFileSync("git", ["-C", root, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim()

/** The last commit whose tables were other ones, or the one that `OLDER` names. Undefined where there is no history. */
export const olderCommit = (): string | undefined => {
  try {
    const named =
      process.env["OLDER"] ?? `${git("log", "-1", "--format=%H", "--", "apps/runner/src/store/migrations.ts")}^`
    return git("rev-parse", "--verify", `${named}^{commit}`)
  } catch {
    return undefined
  }
}

/** The program as it was then, with the packages that it had then; what comes from elsewhere is shared. */
export const older = Effect.fnUntraced(function* (commit: string) {
  const made = yield* folder
  const archive = execFileSync("git", ["-C", root, "archive", commit, "apps/runner", "packages"], {
    maxBuffer: 1 << 30,
  })
  execFileSync("tar", ["-x", "-C", made], { input: archive })
  const modules = join(made, "node_modules")
  mkdirSync(join(modules, "@batch-exports"), { recursive: true })
  for (const name of readdirSync(join(root, "node_modules"))) {
    if (name !== "@batch-exports" && !name.startsWith("."))
      symlinkSync(join(root, "node_modules", name), join(modules, name))
  }
  for (const name of readdirSync(join(made, "packages"))) {
    symlinkSync(join(made, "packages", name), join(modules, "@batch-exports", name))
  }
  return named(made, "0.0.1")
})
