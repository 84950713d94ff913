import { assert, describe, it } from "@effect/vitest"
import { execFileSync } from "node:child_process"
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { place } from "../src/cli/compileCache.ts"
import { root } from "../src/cli/root.ts"

const COMPILE_CACHE = new URL("../src/cli/compileCache.ts", import.meta.url).href
const DIST = "file:///opt/app/dist/main.js"

const where = (env: Record<string, string>, platform: NodeJS.Platform = "linux", module = DIST) =>
  place({ env, platform, module, home: () => "/home/ann" })

describe("the compile cache", () => {
  it("lies in a folder of the user's own", () => {
    assert.strictEqual(where({}), "/home/ann/.cache/batch-exports")
    assert.strictEqual(where({}, "darwin"), "/home/ann/Library/Caches/batch-exports")
    assert.strictEqual(where({ XDG_CACHE_HOME: "/caches" }), "/caches/batch-exports")
    // A relative one is to be ignored, says the XDG specification.
    assert.strictEqual(where({ XDG_CACHE_HOME: "caches" }), "/home/ann/.cache/batch-exports")
    assert.strictEqual(
      where({}, "linux", "file:///home/ann/clone/apps/runner/src/main.ts"),
      "/home/ann/clone/node_modules/.cache/batch-exports",
    )
  })

  it("is left to Node's own variables where they are set", () => {
    assert.isUndefined(where({ NODE_DISABLE_COMPILE_CACHE: "1" }))
    assert.isUndefined(where({ NODE_COMPILE_CACHE: "/elsewhere" }))
  })

  it("is used where nobody else can write, and missed by nobody where there is no such place", () => {
    const home = mkdtempSync(join(tmpdir(), "batch-exports-test-"))
    try {
      const used = (name: string): string => {
        const { NODE_COMPILE_CACHE: _, ...env } = process.env
        return execFileSync(
          process.execPath,
          [
            "--input-type=module",
            "-e",
            `import { getCompileCacheDir } from "node:module"
             import { useCompileCache } from ${JSON.stringify(COMPILE_CACHE)}
             useCompileCache({ env: {}, platform: "linux", module: ${JSON.stringify(DIST)}, home: () => ${JSON.stringify(join(home, name))} })
             process.stdout.write(getCompileCacheDir() ?? "none")`,
          ],
          { env, encoding: "utf8" },
        )
      }
      assert.include(used("new"), join(home, "new", ".cache", "batch-exports"))
      mkdirSync(join(home, "shared", ".cache", "batch-exports"), { recursive: true })
      chmodSync(join(home, "shared", ".cache", "batch-exports"), 0o777)
      assert.strictEqual(used("shared"), "none")
      writeFileSync(join(home, "file"), "")
      assert.strictEqual(used("file"), "none")
    } finally {
      rmSync(home, { recursive: true, force: true })
    }
  })
})

describe("a command", () => {
  const names = (command: Awaited<ReturnType<typeof root>>) =>
    command.subcommands.flatMap(({ commands }) => commands.map(({ name }) => name))

  it("is loaded alone, by the name that the help of all shows", async () => {
    const all = names(await root(["--help"]))
    assert.includeMembers(all, ["run", "start", "backfill", "completions"])
    for (const name of all) assert.deepStrictEqual(names(await root([name])), [name])
    assert.deepStrictEqual(names(await root(["rum"])), all)
  })
})
