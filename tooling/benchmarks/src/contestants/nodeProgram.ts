/** A command that runs one of `../programs` with Node, told its task by standard input. */
import { fileURLToPath } from "node:url"
import { bundle } from "../bundle.ts"
import type { Command, Output, Said } from "./Contestant.ts"

export type Program = "pipe" | "ours" | "rows" | "jsonCopy" | "insertFunction"

const compiled = fileURLToPath(new URL("../../../../node_modules/.cache/node", import.meta.url))

export const nodeProgram = (name: Program, task: unknown): Command => {
  const extension = import.meta.url.endsWith(".ts") ? ".ts" : ".js"
  return {
    program: process.execPath,
    args: [
      // In a checkout, the workspace's packages are their sources too.
      ...(extension === ".ts" ? ["--conditions=@batch-exports/source"] : []),
      name === "ours" ? bundle : fileURLToPath(new URL(`../programs/${name}${extension}`, import.meta.url)),
    ],
    // As the command line does, which keeps what it has compiled.
    env: name === "ours" && process.env["NODE_COMPILE_CACHE"] === undefined ? { NODE_COMPILE_CACHE: compiled } : {},
    stdin: JSON.stringify(task),
    read: readProgram,
  }
}

const readProgram = ({ stdout }: Output): Said => {
  const { bytes, encoding, startUp } = JSON.parse(stdout) as Partial<Said>
  return { bytes, encoding, startUp }
}
