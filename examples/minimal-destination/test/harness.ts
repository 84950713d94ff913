/** What the suite must know about this destination: how to make a target, read it, and break it. */
import { Harness } from "@batch-exports/conformance"
import { jsonl, readBack } from "@batch-exports/conformance/encoders"
import { Effect, Layer } from "effect"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { classify, reasons } from "../src/index.ts"

const temporary = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "minimal-destination-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true })),
)

/** A run that was killed may have torn its last line. */
const wholeLines = (bytes: Buffer): Buffer => bytes.subarray(0, bytes.lastIndexOf(10) + 1)

const target = (folder: string): Harness.Target => ({
  config: { folder },
  rows: (fields) =>
    Effect.sync(() => {
      const files = readdirSync(folder).map((file) => wholeLines(readFileSync(join(folder, file))))
      return readBack(jsonl, fields, Buffer.concat(files))
    }),
  leftovers: Effect.sync(() => readdirSync(folder).filter((file) => !file.endsWith(".jsonl"))),
  misconfigured: [
    {
      when: "the folder is missing",
      config: { folder: join(folder, "missing") },
      step: "folder",
      reason: "TargetIncompatible",
    },
  ],
})

export const layer = Layer.succeed(Harness.Harness, {
  module: new URL("../src/index.ts", import.meta.url).href,
  fresh: Effect.map(temporary, target),
  failures: {
    classify,
    examples: Object.entries(reasons).map(([code, reason]) => ({
      error: Object.assign(new Error(code), { code }),
      reason,
    })),
  },
})
