/** The dialog that starts a backfill: a range, what it would do, and go. */
import { useEffect, useId, useState } from "preact/hooks"
import { asProblem, exportPath, post, type Problem } from "../api/client.ts"
import type { Backfill, Estimate } from "../api/types.ts"
import { Frame } from "../form/Field.tsx"
import * as Format from "../format.ts"
import { Dialog } from "../ui/Dialog.tsx"
import { Button, Trouble } from "../ui/parts.tsx"
import { useAction } from "../ui/useAction.ts"

interface Props {
  readonly name: string
  readonly onClose: () => void
  readonly onStarted: () => void
}

/** Inputs of this kind have no zone; here they are in UTC, as windows are. */
const asInstant = (local: string): string => `${local.length === 16 ? `${local}:00` : local}Z`
const asLocal = (at: Date): string => at.toISOString().slice(0, 16)

export const NewBackfill = ({ name, onClose, onStarted }: Props) => {
  const hour = Math.floor(Date.now() / 3_600_000) * 3_600_000
  const [start, setStart] = useState(asLocal(new Date(hour - 86_400_000)))
  const [end, setEnd] = useState(asLocal(new Date(hour)))
  const [concurrency, setConcurrency] = useState("1")
  const [estimate, setEstimate] = useState<Estimate>()
  const [wrong, setWrong] = useState<Problem>()
  const { act, busy, problem } = useAction()
  const [from, to, many] = [useId(), useId(), useId()]
  const range = { start: asInstant(start), end: asInstant(end) }
  const question = JSON.stringify(range)

  useEffect(() => {
    const controller = new AbortController()
    setEstimate(undefined)
    const timer = setTimeout(() => {
      post<Estimate>(exportPath(name, "/backfills/estimate"), JSON.parse(question), controller.signal).then(
        (found) => {
          setEstimate(found)
          setWrong(undefined)
        },
        (error: unknown) => {
          if (!controller.signal.aborted) setWrong(asProblem(error))
        },
      )
    }, 300)
    return () => {
      clearTimeout(timer)
      controller.abort()
    }
  }, [name, question])

  const begin = async () => {
    const made = await act(() =>
      post<Backfill>(exportPath(name, "/backfills"), { ...range, concurrency: Number(concurrency) }),
    )
    if (made !== undefined) onStarted()
  }
  const problemOf = (key: string) => wrong?.fields.find(({ pointer }) => pointer === `/${key}`)?.message
  return (
    <Dialog title="Start a backfill" onClose={onClose}>
      <form
        class="stack"
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          void begin()
        }}
      >
        <div class="fields">
          <Frame id={from} label="From (UTC)" help="By the time at which records arrived." wrong={problemOf("start")}>
            <input
              id={from}
              type="datetime-local"
              value={start}
              onInput={(event) => setStart(event.currentTarget.value)}
            />
          </Frame>
          <Frame id={to} label="Until (UTC)" help="What arrives later is the schedule's." wrong={problemOf("end")}>
            <input id={to} type="datetime-local" value={end} onInput={(event) => setEnd(event.currentTarget.value)} />
          </Frame>
          <Frame id={many} label="Windows at once" help={undefined} wrong={undefined}>
            <select id={many} value={concurrency} onChange={(event) => setConcurrency(event.currentTarget.value)}>
              {["1", "2", "4", "8"].map((each) => (
                <option key={each}>{each}</option>
              ))}
            </select>
          </Frame>
        </div>
        <p role="status">
          {wrong !== undefined ? (
            wrong.message
          ) : estimate === undefined ? (
            <span class="muted">Looking at the source …</span>
          ) : (
            <>
              <strong>{Format.plural(estimate.windows, "window")}</strong>
              {estimate.rows === null ? "" : `, about ${Format.count(estimate.rows)} rows`} from{" "}
              {Format.instant(estimate.range.start)} until {Format.instant(estimate.range.end)}. What is there already
              is left out.
            </>
          )}
        </p>
        <Trouble of={problem} />
        <div class="row end">
          <Button onClick={onClose}>Not now</Button>
          <Button type="submit" kind="primary" disabled={busy || wrong !== undefined}>
            Start
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
