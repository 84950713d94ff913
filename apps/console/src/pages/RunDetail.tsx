/** Everything about one run: what it did, what went wrong and what to do, its log, and how to end or repeat it. */
import { post } from "../api/client.ts"
import type { LogLine, Run } from "../api/types.ts"
import { useQuery } from "../api/useQuery.ts"
import * as Format from "../format.ts"
import { Answered } from "../ui/Answered.tsx"
import { Button, Notice, Trouble } from "../ui/parts.tsx"
import { useAction } from "../ui/useAction.ts"
import { Lines } from "./Logs.tsx"

const ended: ReadonlySet<Run["state"]> = new Set(["completed", "failed", "cancelled", "skipped"])

export const RunDetail = ({ run }: { readonly run: Run }) => {
  const { act, busy, problem } = useAction()
  const logs = useQuery<{ readonly items: ReadonlyArray<LogLine> }>(`/api/runs/${run.id}/logs`, "runs")
  const isEnded = ended.has(run.state)
  return (
    <div class="stack">
      {run.error === null ? null : (
        <Notice tone="bad" title={run.error.message}>
          {`To do: ${run.error.remedy}`}
        </Notice>
      )}
      <Trouble of={problem} />
      <div class="row">
        {isEnded ? (
          <Button slim disabled={busy} onClick={() => void act(() => post(`/api/runs/${run.id}/retry`))}>
            Retry
          </Button>
        ) : (
          <Button
            slim
            kind="danger"
            disabled={busy || run.cancelling}
            onClick={() => void act(() => post(`/api/runs/${run.id}/cancel`))}
          >
            {run.cancelling ? "Cancelling …" : "Cancel"}
          </Button>
        )}
        {run.state === "completed" ? (
          <span class="muted small">A retry adds nothing that the ledger holds already.</span>
        ) : null}
      </div>
      <dl class="pairs">
        {facts(run).map(([name, text]) => (
          <Pair key={name} name={name} text={text} />
        ))}
      </dl>
      <h3>Log</h3>
      <Answered to={logs}>{({ items }) => <Lines items={items} />}</Answered>
    </div>
  )
}

const Pair = ({ name, text }: { readonly name: string; readonly text: string }) => (
  <>
    <dt>{name}</dt>
    <dd>{text}</dd>
  </>
)

const facts = (run: Run): ReadonlyArray<readonly [string, string]> => {
  const { adjusted, leftOut, notices, rows, timings } = run
  const stored =
    rows === null
      ? ""
      : `${Format.count(rows.received)} received, ${Format.count(rows.inserted)} new, ${Format.count(rows.updated)} updated, ${Format.count(rows.unchanged)} unchanged`
  const all: ReadonlyArray<readonly [string, string]> = [
    ["Run", run.id],
    ["Made by", run.backfill === null ? run.origin : `backfill ${run.backfill}`],
    ["Attempts", String(run.attempts)],
    ["Rows", stored],
    ["Encoding", run.encoding ?? ""],
    [
      "Adjusted",
      Object.entries(adjusted)
        .map(([field, times]) => `${field} ${Format.count(times)}`)
        .join(", "),
    ],
    ["Left out", leftOut.join(", ")],
    [
      "Phases",
      timings === null
        ? ""
        : `open ${Format.seconds(timings.open / 1000)}, transfer ${Format.seconds(timings.transfer / 1000)}, commit ${Format.seconds(timings.commit / 1000)}`,
    ],
    ["Notes", notices.join(" ")],
  ]
  return all.filter(([, text]) => text !== "")
}
