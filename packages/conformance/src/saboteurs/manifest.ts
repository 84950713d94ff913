/** Defects in what a destination says about itself, and in its configuration and checks. */
import { DestinationError, type Run } from "@batch-exports/core"
import { Effect, Result, Stream } from "effect"
import { mkdirSync } from "node:fs"
import { tmpdir } from "node:os"
import { capabilities } from "../memory/MemoryDestination.ts"
import { hours } from "../drive/things.ts"
import { configured, type Saboteur } from "./Saboteur.ts"

export const manifest: ReadonlyArray<Saboteur> = [
  {
    name: "has-no-description",
    does: "does not say what it is",
    breaks: ["manifest/complete"],
    wrap: (plugin) => ({ ...plugin, description: "" }),
  },
  {
    name: "asks-for-a-setting-that-there-is-not",
    does: "asks in a form for a setting that there is not",
    breaks: ["manifest/form"],
    wrap: (plugin) => ({ ...plugin, form: [...(plugin.form ?? []), "unheardOf"] }),
  },
  {
    name: "names-its-place-by-the-clock",
    does: "calls its target otherwise each time",
    breaks: ["manifest/place"],
    wrap: configured(({ place }) => ({ place: `${place} since ${process.hrtime.bigint()}` })),
  },
  {
    name: "names-every-place-alike",
    does: "calls all targets by one name",
    breaks: ["manifest/place"],
    wrap: configured(() => ({ place: "the table" })),
  },
  {
    name: "names-its-place-with-the-password",
    does: "puts its whole configuration into the name of its target",
    needs: "network",
    breaks: ["manifest/secrets"],
    wrap: configured((_, config) => ({ place: JSON.stringify(config) })),
  },
  {
    name: "ignores-unknown-keys",
    does: "takes no notice of a setting that it does not know",
    breaks: ["manifest/unknown-keys"],
    wrap: (plugin) => ({
      ...plugin,
      configure: (config, path) => {
        const strict = plugin.configure(config, path)
        if (Result.isSuccess(strict)) return strict
        const unknown = strict.failure.problems.map((problem) => String(problem.path.at(-1)))
        const known = Object.entries(config as object).filter(([key]) => !unknown.includes(key))
        return plugin.configure(Object.fromEntries(known), path)
      },
    }),
  },
  {
    name: "connects-while-decoding",
    does: "makes a folder while its configuration is decoded",
    breaks: ["manifest/decodes-without-io"],
    wrap: (plugin) => ({
      ...plugin,
      configure: (config, path) => {
        mkdirSync(tmpdir(), { recursive: true })
        return plugin.configure(config, path)
      },
    }),
  },
  {
    name: "prints-its-settings",
    does: "puts its configuration into the message of a failure",
    needs: "network",
    breaks: ["manifest/secrets"],
    wrap: configured((inner, config) => ({
      open: (run) =>
        Effect.mapError(
          inner.open(run),
          ({ message, reason, remedy }) =>
            new DestinationError({ reason, remedy, message: `${message} ${JSON.stringify(config)}` }),
        ),
    })),
  },
  {
    name: "takes-what-it-does-not-declare",
    does: "goes on with models and modes that its capabilities leave out",
    breaks: ["manifest/undeclared"],
    wrap: (plugin) => ({
      ...configured((inner) => ({ plugin: { ...inner.plugin, capabilities } }))(plugin),
      capabilities: { ...plugin.capabilities, modes: ["once"] },
    }),
  },
  {
    name: "promises-too-little",
    does: "declares that readers may see parts of a run, and shows none",
    breaks: ["atomicity/all-or-nothing"],
    wrap: (plugin) => ({ ...plugin, capabilities: { ...plugin.capabilities, visibility: "batch" } }),
  },
  {
    name: "checks-nothing",
    does: "passes a check whatever it meets",
    breaks: ["check/finds-what-is-wrong"],
    wrap: configured((inner) => ({
      check: (model) => Stream.map(inner.check(model), (step) => ({ ...step, status: "passed" })),
    })),
  },
  {
    name: "checks-by-creating",
    does: "leaves the table behind that it created to try whether it may",
    needs: "tabular",
    breaks: ["check/passes"],
    wrap: configured((inner) => ({
      check: (model) =>
        Stream.concat(
          inner.check(model),
          Stream.fromEffectDrain(
            Effect.ignore(
              Effect.scoped(
                Effect.gen(function* () {
                  const sink = yield* inner.open({ ...trial, model, offers: inner.plugin.capabilities.encodings })
                  yield* sink.write({ window: trial.window, bytes: nothing() })
                }),
              ),
            ),
          ),
        ),
    })),
  },
  {
    name: "plans-something-else",
    does: "plans to leave out a field that it writes",
    breaks: ["check/plan"],
    wrap: configured((inner) => ({
      plan: (run) =>
        Effect.map(inner.plan(run), (plan) => ({
          ...plan,
          projection: { ...plan.projection, leftOut: ["id"] },
        })),
    })),
  },
]

const nothing = async function* (): AsyncGenerator<Uint8Array> {}

const trial: Omit<Run.Run, "model" | "offers"> = {
  id: "check",
  export: "check",
  definition: "check",
  window: hours(0, 1),
  mode: "once",
  defensive: false,
}
