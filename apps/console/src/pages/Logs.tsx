/** What happened in the runs of an export, line by line. */
import { useState } from "preact/hooks"
import { exportPath } from "../api/client.ts"
import type { LogLine } from "../api/types.ts"
import { useQuery } from "../api/useQuery.ts"
import * as Format from "../format.ts"
import { Answered } from "../ui/Answered.tsx"
import { Empty } from "../ui/parts.tsx"

export const Logs = ({ name }: { readonly name: string }) => {
  const [level, setLevel] = useState("info")
  const [search, setSearch] = useState("")
  const query = new URLSearchParams({ level, limit: "500", ...(search === "" ? {} : { search }) })
  const lines = useQuery<{ readonly items: ReadonlyArray<LogLine> }>(
    `${exportPath(name, "/logs")}?${query.toString()}`,
    "runs",
  )
  return (
    <div class="stack">
      <div class="row">
        <label class="row" for="level">
          Level
          <select id="level" value={level} onChange={(event) => setLevel(event.currentTarget.value)}>
            <option value="info">all</option>
            <option value="warn">warnings and errors</option>
            <option value="error">errors</option>
          </select>
        </label>
        <label class="row" for="search">
          Search
          <input id="search" type="search" value={search} onInput={(event) => setSearch(event.currentTarget.value)} />
        </label>
      </div>
      <Answered to={lines}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No lines">
              <p>Lines appear here when a run begins, is tried again, and ends.</p>
            </Empty>
          ) : (
            <div class="table">
              <Lines items={items.toReversed()} />
            </div>
          )
        }
      </Answered>
    </div>
  )
}

export const Lines = ({ items }: { readonly items: ReadonlyArray<LogLine> }) => (
  <ol class="log">
    {items.map((line) => (
      <li key={line.id}>
        <time dateTime={line.at} class="muted">
          {Format.instant(line.at)}
        </time>
        <span class={line.level}>{line.level}</span>
        <span>{line.message}</span>
      </li>
    ))}
  </ol>
)
