/** How often, and where days are counted. What the form has no words for is kept as it was written. */
import { useId } from "preact/hooks"
import type { FieldProblem } from "../api/types.ts"
import { Frame } from "./Field.tsx"
import { isObject, type Values } from "./schema.ts"

interface Props {
  readonly value: unknown
  readonly onChange: (value: unknown) => void
  readonly problems: ReadonlyArray<FieldProblem>
}

const intervals: ReadonlyArray<readonly [string, string]> = [
  ["hour", "Every hour"],
  ["day", "Every day"],
  ["week", "Every week"],
  ["5 minutes", "Every 5 minutes"],
  ["15 minutes", "Every 15 minutes"],
  ["1 minute", "Every minute"],
  ["cron", "At times of my own (cron)"],
  ["", "By hand only"],
]

const zones = ["UTC", ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC")]

export const ScheduleFields = ({ onChange, problems, value }: Props) => {
  const [interval, zone, cron] = [useId(), useId(), useId()]
  const block: Values = typeof value === "string" ? { every: value } : isObject(value) ? value : {}
  const isCron = typeof block["cron"] === "string"
  const chosen = isCron ? "cron" : typeof block["every"] === "string" ? block["every"] : ""
  const known = intervals.some(([each]) => each === chosen)
  const wrong = (key: string) => {
    const found = problems.filter(({ pointer }) => pointer === `/schedule${key}`).map(({ message }) => message)
    return found.length === 0 ? undefined : found.join("; ")
  }
  const { cron: _, every: __, ...others } = block
  const choose = (every: string) => {
    if (every === "") return onChange(undefined)
    onChange({ ...others, ...(every === "cron" ? { cron: "0 6 * * *" } : { every }) })
  }
  return (
    <div class="fields">
      <Frame
        id={interval}
        label="Interval"
        help="The first run begins at the start of the next period, and exports the one that ended."
        wrong={wrong("") ?? wrong("/every")}
      >
        <select id={interval} value={chosen} onChange={(event) => choose(event.currentTarget.value)}>
          {known ? null : <option value={chosen}>{`Every ${chosen}`}</option>}
          {intervals.map(([each, title]) => (
            <option key={each} value={each}>
              {title}
            </option>
          ))}
        </select>
      </Frame>
      {isCron ? (
        <Frame id={cron} label="Cron expression" help="Five fields; windows end at these times." wrong={wrong("/cron")}>
          <input
            id={cron}
            type="text"
            class="mono"
            value={String(block["cron"])}
            onInput={(event) => onChange({ ...others, cron: event.currentTarget.value })}
          />
        </Frame>
      ) : null}
      {chosen === "" ? null : (
        <Frame id={zone} label="Time zone" help="Where days and weeks are counted." wrong={wrong("/timezone")}>
          <select
            id={zone}
            value={typeof block["timezone"] === "string" ? block["timezone"] : "UTC"}
            onChange={(event) => onChange({ ...block, timezone: event.currentTarget.value })}
          >
            {zones.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </Frame>
      )}
    </div>
  )
}
