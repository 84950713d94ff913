/** Each body of a new destination, emptied in turn, breaks a law by name: what a contributor has not written is not green. */
import { Law, laws, runLaw } from "@batch-exports/conformance"
import { Harness } from "@batch-exports/conformance"
import type { Destination } from "@batch-exports/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { pathToFileURL } from "node:url"
import { layer } from "../../../examples/minimal-destination/test/harness.ts"

const source = readFileSync(new URL("../../../examples/minimal-destination/src/index.ts", import.meta.url), "utf8")

/** Beside this package, whose dependencies it uses. */
const scratch = new URL(`../.scratch/${process.pid}/`, import.meta.url)

interface Emptied {
  readonly from: RegExp
  readonly to: string
  readonly breaks: ReadonlyArray<Law.Law["name"]>
}

const bodies: Readonly<Record<string, Emptied>> = {
  "the configuration": {
    from: /Schema\.Struct\(\{[^]*?\n\}\)/,
    to: "Schema.Struct({})",
    breaks: ["manifest/unknown-keys"],
  },
  "the reasons of failures": {
    from: /(const reasons[^=]*= )\{[^]*?\n\}/,
    to: "$1{}",
    breaks: ["check/finds-what-is-wrong"],
  },
  check: { from: /return Stream\.fromEffect\([^]*?\n {2}\)\n/, to: "return Stream.empty\n", breaks: ["check/passes"] },
  plan: {
    from: /yield\* io\(\(\) => readdir\(config\.folder\)\)\n/,
    to: "",
    breaks: ["check/finds-what-is-wrong"],
  },
  "the batches of write": {
    from: /\(batch\) => io\(\(\) => file\.appendFile\(batch\.bytes\)\)/,
    to: "() => Effect.void",
    breaks: ["append/any-number", "append/any-chunking", "replay/committed-window"],
  },
  "the whole of write": {
    from: /const rows = yield\* Framing[^]*?\n {4}\/\/ /,
    to: "const rows = 0\n    void [Framing, bytes, limits]\n    // ",
    breaks: ["append/any-number", "append/broken-source"],
  },
  "the order of calls": {
    from: /return yield\* Destination\.inOrder\([^]*?\)\n/,
    to: `return {
    projection, missing, notices, write,
    commit: () => Effect.map(DateTime.now, (committedAt) => ({ stored: Run.emptyStored, committedAt })),
  }\n`,
    breaks: ["lifecycle/order-of-calls", "append/counts-agree"],
  },
}

/** The names of those that are broken. */
const broken = Effect.fnUntraced(function* (plugin: Destination.Plugin, names: ReadonlyArray<string>, module: string) {
  const harness = { ...(yield* Harness.Harness), module }
  const found: Array<string> = []
  for (const law of laws.filter(({ name }) => names.includes(name))) {
    const form = law.when(plugin.capabilities)
    if (form === undefined) continue
    const result = yield* Effect.result(runLaw(law, { plugin, harness, form: form.form, seed: "1", alone: "" }))
    if (result._tag === "Failure") found.push(result.failure.law)
  }
  return found.sort()
}, Effect.provide(layer))

describe("a new destination", () => {
  it.live.each(Object.entries(bodies))("%s: emptied, its laws turn red", ([name, { breaks, from, to }]) =>
    Effect.gen(function* () {
      const text = source.replace(from, to)
      assert.notStrictEqual(text, source, "the body was not found")
      const url = yield* Effect.acquireRelease(
        Effect.sync(() => {
          mkdirSync(scratch, { recursive: true })
          const file = new URL(`${name.replaceAll(" ", "-")}.ts`, scratch)
          writeFileSync(file, text)
          return file
        }),
        () => Effect.sync(() => rmSync(scratch, { recursive: true, force: true })),
      )
      const { default: plugin } = (yield* Effect.promise(() => import(pathToFileURL(url.pathname).href))) as {
        readonly default: Destination.Plugin
      }
      assert.deepStrictEqual(yield* broken(plugin, breaks, url.href), [...breaks].sort())
    }),
  )

  it.live("whole, keeps them", () =>
    Effect.gen(function* () {
      const { default: plugin } = yield* Effect.promise(() => import("@batch-exports/minimal-destination"))
      const names = Object.values(bodies).flatMap(({ breaks }) => breaks)
      assert.deepStrictEqual(
        yield* broken(plugin, names, import.meta.resolve("@batch-exports/minimal-destination")),
        [],
      )
    }),
  )
})
