/** Charts of an export: rows, how long runs took, and failures. */
import { useState } from "preact/hooks"
import { exportPath } from "../api/client.ts"
import type { Metrics as Figures } from "../api/types.ts"
import { useQuery } from "../api/useQuery.ts"
import { Bars } from "../charts/Bars.tsx"
import * as Format from "../format.ts"
import { Answered } from "../ui/Answered.tsx"

export const Metrics = ({ name }: { readonly name: string }) => {
  const [period, setPeriod] = useState<"hour" | "day">("hour")
  const figures = useQuery<Figures>(`${exportPath(name, "/metrics")}?period=${period}`, "runs")
  return (
    <div class="stack">
      <div class="row">
        <label class="row" for="period">
          Period
          <select
            id="period"
            value={period}
            onChange={(event) => setPeriod(event.currentTarget.value === "day" ? "day" : "hour")}
          >
            <option value="hour">hours, the last two days</option>
            <option value="day">days, the last month</option>
          </select>
        </label>
      </div>
      <Answered to={figures}>{({ points }) => <Charts points={points} />}</Answered>
    </div>
  )
}

const Charts = ({ points }: Pick<Figures, "points">) => {
  const bars = (of: (point: Figures["points"][number]) => number) =>
    points.map((point) => ({ at: point.start, value: of(point) }))
  return (
    <>
      <Bars title="Rows" bars={bars(({ rows }) => rows)} say={Format.compact} />
      <Bars title="Duration of runs, on average" bars={bars(({ seconds }) => seconds ?? 0)} say={Format.seconds} />
      <Bars title="Failed runs" bars={bars(({ failed }) => failed)} say={Format.compact} tone="bad" />
    </>
  )
}
