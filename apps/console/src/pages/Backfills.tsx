/** History: backfills with their progress, and the dialog that starts one. */
import { useState } from "preact/hooks"
import { post } from "../api/client.ts"
import type { Backfill } from "../api/types.ts"
import { useQuery } from "../api/useQuery.ts"
import * as Format from "../format.ts"
import { Answered } from "../ui/Answered.tsx"
import { Button, Empty, Notice, State, Trouble } from "../ui/parts.tsx"
import { useAction } from "../ui/useAction.ts"
import { NewBackfill } from "./NewBackfill.tsx"

export const Backfills = ({ name }: { readonly name: string }) => {
  const [asking, setAsking] = useState(false)
  const backfills = useQuery<{ readonly items: ReadonlyArray<Backfill> }>(
    `/api/backfills?export=${encodeURIComponent(name)}`,
    "backfills",
    "runs",
  )
  const { reload } = backfills
  const start = (
    <Button kind="primary" onClick={() => setAsking(true)}>
      Start backfill
    </Button>
  )
  return (
    <div class="stack">
      <Answered to={backfills}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No backfill yet">
              <p>A backfill exports what arrived before the schedule began. What is there already is left out.</p>
              {start}
            </Empty>
          ) : (
            <>
              <div class="row end">{start}</div>
              {items.map((each) => (
                <Card key={each.id} of={each} reload={reload} />
              ))}
            </>
          )
        }
      </Answered>
      {asking ? (
        <NewBackfill
          name={name}
          onClose={() => setAsking(false)}
          onStarted={() => {
            setAsking(false)
            reload()
          }}
        />
      ) : null}
    </div>
  )
}

const Card = ({ of, reload }: { readonly of: Backfill; readonly reload: () => void }) => {
  const { act, busy, problem } = useAction()
  const call = (what: "cancel" | "resume") => void act(() => post(`/api/backfills/${of.id}/${what}`)).then(reload)
  const percent = Math.floor(of.done * 100)
  return (
    <section class="card stack tight" aria-label={`Backfill of ${Format.span(of.range)}`}>
      <div class="row spread">
        <div class="row">
          <h2>{Format.span(of.range)}</h2>
          <State of={of.state} />
        </div>
        {of.state === "running" ? (
          <Button slim kind="danger" disabled={busy} onClick={() => call("cancel")}>
            Cancel
          </Button>
        ) : of.state === "completed" ? null : (
          <Button slim disabled={busy} onClick={() => call("resume")}>
            Resume
          </Button>
        )}
      </div>
      <progress max={100} value={percent} aria-label="Progress">
        {percent} %
      </progress>
      <p class="muted small">
        {percent} %, {Format.count(of.runs.completed)} of {Format.plural(of.windows, "window")}, {Format.count(of.rows)}{" "}
        rows
        {of.runs.failed > 0 ? `, ${Format.count(of.runs.failed)} failed` : ""}
        {of.secondsLeft === null ? "" : `, ${Format.seconds(of.secondsLeft)} left`}
      </p>
      {of.message === null ? null : <Notice tone="warn">{of.message}</Notice>}
      <Trouble of={problem} />
    </section>
  )
}
