/** Runs one command and tells what it was, how long it took, and what it said when it failed. */
import { spawn } from "node:child_process"

export interface Done {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export const run = (
  command: string,
  values: ReadonlyArray<string>,
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Done> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, values, { cwd, env: { ...clean(), ...env }, stdio: ["ignore", "pipe", "pipe"] })
    let [stdout, stderr] = ["", ""]
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text))
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text))
    child.on("error", reject)
    child.on("close", (code) => resolve({ code, stdout, stderr }))
  })

/** What npm exports to its scripts would point an inner npm at this repository. */
const clean = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value === undefined || /^npm_(package|lifecycle|config_(local_prefix|prefix|workspace))/i.test(name)
        ? []
        : [[name, value]],
    ),
  )

/** Standard output, or the end of everything. */
export const succeed = async (
  title: string,
  command: string,
  values: ReadonlyArray<string>,
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<string> => {
  const started = Date.now()
  const { code, stderr, stdout } = await run(command, values, cwd, env)
  const seconds = ((Date.now() - started) / 1_000).toFixed(0)
  if (code === 0) {
    console.log(`✓ ${title} (${seconds} s)`)
    return stdout
  }
  throw new Error(`${title}: ${command} ${values.join(" ")} ended with ${code}\n${stdout}\n${stderr}`)
}
