/** One export: how it is, what can be done with it, and its tabs. */
import { useState } from "preact/hooks"
import { exportPath, post, remove } from "../api/client.ts"
import type { Export } from "../api/types.ts"
import { useQuery } from "../api/useQuery.ts"
import * as Format from "../format.ts"
import { go, Link, type Tab, tabs } from "../router.tsx"
import { Answered } from "../ui/Answered.tsx"
import { Dialog } from "../ui/Dialog.tsx"
import { Button, Notice, State, Time, Trouble } from "../ui/parts.tsx"
import { useAction } from "../ui/useAction.ts"
import { Backfills } from "./Backfills.tsx"
import { Configuration } from "./Configuration.tsx"
import { Logs } from "./Logs.tsx"
import { Metrics } from "./Metrics.tsx"
import { Runs } from "./Runs.tsx"

export const ExportPage = ({ name, tab }: { readonly name: string; readonly tab: Tab }) => {
  const found = useQuery<Export>(exportPath(name), "exports", "runs")
  const { data, reload } = found
  return (
    <>
      <header class="head">
        <div>
          <div class="row">
            <h1>{name}</h1>
            {data === undefined ? null : <State of={data.state} />}
          </div>
          {data === undefined ? null : (
            <p>
              {data.model} → {data.destination?.title ?? "?"}
              {data.schedule === null ? ", by hand only" : `, ${data.schedule}`}
              {data.managedBy === "file" ? ", from the configuration file" : ""}
            </p>
          )}
        </div>
        {data === undefined ? null : <Actions of={data} reload={reload} />}
      </header>
      <Answered to={found}>
        {(of) => (
          <>
            {of.note === null ? null : (
              <div class="stack" style={{ marginBottom: "16px" }}>
                <Notice
                  tone={of.state === "unusable" ? "bad" : "warn"}
                  title={of.state === "unusable" ? "This export cannot run" : "This export is paused"}
                >
                  {of.note}
                </Notice>
              </div>
            )}
            <dl class="facts">
              <div>
                <dt>Exported until</dt>
                <dd>
                  <Time at={of.exportedUntil} exact />
                </dd>
              </div>
              <div>
                <dt>Lag</dt>
                <dd>{of.lagSeconds === null ? "–" : Format.seconds(of.lagSeconds)}</dd>
              </div>
              <div>
                <dt>Next run</dt>
                <dd>
                  <Time at={of.nextRunAt} />
                </dd>
              </div>
              <div>
                <dt>Waiting, running, failed</dt>
                <dd>
                  {Format.count(of.waiting)}, {Format.count(of.running)}, {Format.count(of.failed)}
                </dd>
              </div>
            </dl>
            <nav class="tabs" aria-label="Parts of this export">
              {tabs.map((each) => (
                <Link
                  key={each}
                  to={{ page: "export", name, tab: each }}
                  aria-current={each === tab ? "page" : undefined}
                >
                  {each.charAt(0).toUpperCase() + each.slice(1)}
                </Link>
              ))}
            </nav>
            <Content of={of} tab={tab} reload={reload} />
          </>
        )}
      </Answered>
    </>
  )
}

const Content = ({ of, reload, tab }: { readonly of: Export; readonly tab: Tab; readonly reload: () => void }) => {
  switch (tab) {
    case "configuration":
      return <Configuration of={of} reload={reload} />
    case "runs":
      return <Runs of={of} />
    case "backfills":
      return <Backfills name={of.name} />
    case "metrics":
      return <Metrics name={of.name} />
    case "logs":
      return <Logs name={of.name} />
    default:
      return tab satisfies never
  }
}

const Actions = ({ of, reload }: { readonly of: Export; readonly reload: () => void }) => {
  const { act, busy, problem } = useAction()
  const [asking, setAsking] = useState(false)
  const toggle = of.state === "paused" ? "resume" : "pause"
  return (
    <div class="stack tight">
      <div class="row">
        {of.state === "unusable" ? null : (
          <Button disabled={busy} onClick={() => void act(() => post(exportPath(of.name, `/${toggle}`))).then(reload)}>
            {of.state === "paused" ? "Resume" : "Pause"}
          </Button>
        )}
        {of.managedBy === "file" ? null : (
          <Button kind="danger" onClick={() => setAsking(true)}>
            Delete
          </Button>
        )}
      </div>
      <Trouble of={problem} />
      {asking ? (
        <Dialog title={`Delete ${of.name}?`} onClose={() => setAsking(false)}>
          <p>No more runs are made. The table and its ledger stay as they are at the destination.</p>
          <Trouble of={problem} />
          <div class="row end">
            <Button onClick={() => setAsking(false)}>Keep it</Button>
            <Button
              kind="danger"
              disabled={busy}
              onClick={() =>
                void act(async () => {
                  await remove(exportPath(of.name))
                  go({ page: "list" })
                })
              }
            >
              Delete
            </Button>
          </div>
        </Dialog>
      ) : null}
    </div>
  )
}
