/** The runs of an export: each a line, which opens to everything about it. */
import { Fragment } from "preact"
import { useState } from "preact/hooks"
import type { Export, Page, Run } from "../api/types.ts"
import { useQuery } from "../api/useQuery.ts"
import * as Format from "../format.ts"
import { Answered, ShowMore } from "../ui/Answered.tsx"
import { Button, Empty, State, Time } from "../ui/parts.tsx"
import { RunDetail } from "./RunDetail.tsx"

const states = ["", "scheduled", "running", "completed", "failed", "cancelled", "skipped"]

export const Runs = ({ of }: { readonly of: Export }) => {
  const [state, setState] = useState("")
  const [limit, setLimit] = useState(50)
  const [open, setOpen] = useState<string>()
  const query = new URLSearchParams({ export: of.name, limit: String(limit), ...(state === "" ? {} : { state }) })
  const runs = useQuery<Page<Run>>(`/api/runs?${query.toString()}`, "runs")
  return (
    <div class="stack">
      <div class="row">
        <label class="row" for="state">
          State
          <select id="state" value={state} onChange={(event) => setState(event.currentTarget.value)}>
            {states.map((each) => (
              <option key={each} value={each}>
                {each === "" ? "all" : each}
              </option>
            ))}
          </select>
        </label>
      </div>
      <Answered to={runs}>
        {({ items, next }) => (
          <>
            {items.length === 0 ? (
              <Empty title={state === "" ? "No run yet" : `No run is ${state}`}>
                {state !== "" ? null : of.nextRunAt === null ? (
                  <p>Nothing is scheduled: resume the export, give it a schedule, or start a backfill.</p>
                ) : (
                  <p>
                    The first begins <Time at={of.nextRunAt} />, at {Format.instant(of.nextRunAt)} UTC. For what is
                    older, start a backfill.
                  </p>
                )}
              </Empty>
            ) : (
              <div class="table">
                <table>
                  <caption class="hidden-visually">Runs of {of.name}, the newest window first</caption>
                  <thead>
                    <tr>
                      <th scope="col">Window (UTC)</th>
                      <th scope="col">State</th>
                      <th scope="col" class="number">
                        Rows
                      </th>
                      <th scope="col" class="number">
                        Size
                      </th>
                      <th scope="col" class="number">
                        Took
                      </th>
                      <th scope="col">Ended</th>
                      <th scope="col">
                        <span class="hidden-visually">More</span>
                      </th>
                    </tr>
                  </thead>
                  <tbody>
                    {items.map((run) => (
                      <Fragment key={run.id}>
                        <Line
                          run={run}
                          isOpen={open === run.id}
                          toggle={() => setOpen(open === run.id ? undefined : run.id)}
                        />
                        {open === run.id ? (
                          <tr class="detail" id={`run-${run.id}`}>
                            <td colSpan={7}>
                              <RunDetail run={run} />
                            </td>
                          </tr>
                        ) : null}
                      </Fragment>
                    ))}
                  </tbody>
                </table>
              </div>
            )}
            <ShowMore next={next} limit={limit} onMore={setLimit} />
          </>
        )}
      </Answered>
    </div>
  )
}

const Line = ({
  isOpen,
  run,
  toggle,
}: {
  readonly run: Run
  readonly isOpen: boolean
  readonly toggle: () => void
}) => (
  <tr>
    <td class="nowrap number" style={{ textAlign: "left" }}>
      {Format.span(run.window)}
      {run.origin === "schedule" ? null : <span class="muted small"> {run.origin}</span>}
    </td>
    <td>
      <State of={run.state} />
      {run.error === null ? null : <div class="small muted">{run.error.reason}</div>}
      {run.alreadyExported ? <div class="small muted">already exported</div> : null}
    </td>
    <td class="number">{run.rows === null ? "" : Format.count(run.rows.received)}</td>
    <td class="number nowrap">{run.bytes === 0 ? "" : Format.bytes(run.bytes)}</td>
    <td class="number nowrap">
      {run.startedAt === null || run.finishedAt === null
        ? ""
        : Format.seconds((Date.parse(run.finishedAt) - Date.parse(run.startedAt)) / 1000)}
    </td>
    <td>
      <Time at={run.finishedAt} />
    </td>
    <td>
      <Button slim kind="quiet" aria-expanded={isOpen} aria-controls={`run-${run.id}`} onClick={toggle}>
        {isOpen ? "Close" : "Details"}
        <span class="hidden-visually"> of {Format.span(run.window)}</span>
      </Button>
    </td>
  </tr>
)
