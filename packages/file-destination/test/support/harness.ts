/** What the conformance suite must know about the file destination. */
import { Harness } from "@batch-exports/conformance"
import { csv, jsonl, readBack } from "@batch-exports/conformance/encoders"
import { Effect, Layer } from "effect"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { classify, errnos } from "../../src/errors.ts"
import { allWindows, content, leftovers } from "./reader.ts"

/** `settings` make variants: another format or compression, small files. */
export const layer = (settings: Readonly<Record<string, unknown>> = {}) =>
  Layer.succeed(Harness.Harness, {
    encodings: [typeof settings["format"] === "string" ? settings["format"] : "jsonl"],
    module: new URL("../../src/index.ts", import.meta.url).href,
    failures: {
      classify: (error) => classify(error, "write /exports/file"),
      examples: Object.entries(errnos).map(([code, { reason }]) => ({
        error: Object.assign(new Error(code), { code }),
        reason,
      })),
    },
    fresh: Effect.map(temporary, (base) => {
      const folder = join(base, "out")
      return {
        config: { folder, ...settings },
        rows: (fields) =>
          Effect.sync(() => {
            const bytes = Buffer.concat(allWindows(folder).map((window) => content(folder, window)))
            return readBack(settings["format"] === "csv" ? csv : jsonl, fields, bytes)
          }),
        leftovers: Effect.sync(() => leftovers(folder)),
        misconfigured: [
          {
            when: "a part of the folder's path is a file",
            config: { folder: join(aFile(base), "out"), ...settings },
            step: "folder",
            reason: "TargetIncompatible",
          },
        ],
      }
    }),
  } satisfies Harness.Shape)

export const temporary = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "file-destination-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true })),
)

const aFile = (folder: string): string => {
  const path = join(folder, "a-file")
  writeFileSync(path, "")
  return path
}
