/** Exports as the list and their own page show them. */
import type { Plugins } from "../../plugins.ts"
import { Clock, Effect } from "effect"
import type { Resolved, Shown } from "../../config/Config.ts"
import { Catalogue } from "../../runner/Catalogue.ts"
import { current } from "../../runner/Definitions.ts"
import * as Schedule from "../../schedule/Schedule.ts"
import * as Exports from "../../store/Exports.ts"
import * as Pages from "../../store/Pages.ts"
import * as StoredExports from "../../store/StoredExports.ts"
import { pointer } from "../api/problems.ts"
import type * as Shapes from "../api/shapes.ts"
import { HOUR, noExport } from "./common.ts"
import * as Present from "./present.ts"

/** Of all exports that there are, in order. */
export const allNames = Effect.gen(function* () {
  const { definitions } = yield* current
  const unusable = yield* (yield* Catalogue).unusable
  return [...new Set([...definitions.keys(), ...unusable.keys()])].toSorted()
})

/** Of the names in order. Each query is made once, however many there are. */
export const summaries = Effect.fnUntraced(function* (names: ReadonlyArray<string>) {
  const { definitions } = yield* current
  const catalogue = yield* Catalogue
  const unusable = yield* catalogue.unusable
  const { exports: ofFile, vocabulary } = yield* catalogue.file
  const stored = new Map((yield* StoredExports.all).map((each) => [each.name, each.definition]))
  const states = new Map((yield* Exports.all).map((state) => [state.name, state]))
  const totals = yield* Pages.totals(names)
  const latest = yield* Pages.latest(names)
  const now = yield* Clock.currentTimeMillis
  const from = Math.floor(now / HOUR) * HOUR - 23 * HOUR
  const points = yield* Pages.points({ exports: names, from, to: now + HOUR, period: HOUR })
  return names.map((name): Shapes.ExportSummary => {
    const state = states.get(name)
    const total = totals.get(name)
    const schedule = definitions.get(name)?.schedule
    const why = unusable.get(name)?.message
    const written = ofFile.has(name) ? vocabulary.written(name) : vocabulary.resolve(stored.get(name))
    const next = schedule && state?.cursorAt != null ? Schedule.next(schedule, state.cursorAt) : undefined
    const run = latest.get(name)
    const until = total?.until ?? null
    const rows = Array.from({ length: 24 }, () => 0)
    for (const point of points) if (point.export === name) rows[point.index] = point.rows
    return {
      name,
      managedBy: ofFile.has(name) ? "file" : "api",
      source: written === undefined ? null : place(written.source, vocabulary.plugins.sources),
      destination: written === undefined ? null : place(written.destination, vocabulary.plugins.destinations),
      model: modelName(written),
      schedule: schedule?.description ?? null,
      state:
        why !== undefined
          ? "unusable"
          : state != null && state.pausedAt !== null
            ? "paused"
            : schedule === undefined
              ? "by hand"
              : "active",
      note: why ?? state?.pauseReason ?? null,
      exportedUntil: Present.moment(until),
      lagSeconds: until === null || schedule === undefined ? null : Math.max(0, (now - until) / 1000),
      nextRunAt:
        schedule === undefined || next === undefined || state == null || state.pausedAt !== null
          ? null
          : Present.time(Schedule.dueAt(schedule, name, next.end)),
      lastRun: run === undefined ? null : Present.run(run),
      waiting: total?.waiting ?? 0,
      running: total?.running ?? 0,
      failed: total?.failed ?? 0,
      rowsPerHour: rows,
    }
  })
})

export const whole = Effect.fnUntraced(function* (name: string) {
  const names = yield* allNames
  const [summary] = names.includes(name) ? yield* summaries([name]) : []
  if (summary === undefined) return yield* noExport(name)
  const { vocabulary } = yield* (yield* Catalogue).file
  const stored = summary.managedBy === "file" ? undefined : yield* StoredExports.get(name)
  const resolved = summary.managedBy === "file" ? vocabulary.written(name) : vocabulary.resolve(stored?.definition)
  const settings = (part: "source" | "destination", { name: from, secrets, settings: shown, type }: Shown) => ({
    type,
    name: from,
    settings: shown,
    // Those of a stored export are kept apart from its settings.
    secrets: [
      ...secrets.map(pointer),
      ...(stored?.secrets ?? []).flatMap(({ path }) => (path[0] === part ? [pointer(path.slice(1))] : [])),
    ],
  })
  return {
    ...summary,
    definition: stored?.definition ?? null,
    resolved:
      resolved === undefined
        ? null
        : {
            ...resolved,
            source: settings("source", resolved.source),
            destination: settings("destination", resolved.destination),
          },
  } satisfies Shapes.Export
})

const place = ({ name, type }: Shown, kinds: Plugins["sources"] | Plugins["destinations"]) => ({
  type,
  name,
  title: kinds.find((kind) => kind.name === type)?.title ?? type,
})

const modelName = (resolved: Resolved | undefined): string => {
  const model = resolved?.model
  return typeof model === "object" && model !== null && "name" in model ? String(model.name) : ""
}
