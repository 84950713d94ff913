/** All exports: how they are, when they run next, how far they are behind, how much they move. */
import { useState } from "preact/hooks"
import type { ExportSummary, Page } from "../api/types.ts"
import { useQuery } from "../api/useQuery.ts"
import { Spark } from "../charts/Spark.tsx"
import * as Format from "../format.ts"
import { go, Link } from "../router.tsx"
import { Answered, ShowMore } from "../ui/Answered.tsx"
import { Empty, Icon, State, Time } from "../ui/parts.tsx"

const New = () => (
  <Link to={{ page: "new" }} class="button primary">
    <Icon name="plus" /> New destination
  </Link>
)

export const List = () => {
  const [limit, setLimit] = useState(50)
  const exports = useQuery<Page<ExportSummary>>(`/api/exports?limit=${limit}`, "exports", "runs")
  return (
    <>
      <header class="head">
        <div>
          <h1>Destinations</h1>
          <p>Batch exports: what goes where, and when.</p>
        </div>
        <New />
      </header>
      <div class="stack">
        <Answered to={exports}>
          {({ items, next }) => (
            <>
              {items.length === 0 ? (
                <Empty title="Nothing is exported yet">
                  <p>
                    Create a destination: choose where records go and which, test the connection, and the first run
                    begins by itself.
                  </p>
                  <New />
                </Empty>
              ) : (
                <Exports items={items} />
              )}
              <ShowMore next={next} limit={limit} onMore={setLimit} />
            </>
          )}
        </Answered>
      </div>
    </>
  )
}

const Exports = ({ items }: { readonly items: ReadonlyArray<ExportSummary> }) => (
  <div class="table">
    <table>
      <caption class="hidden-visually">Exports</caption>
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Status</th>
          <th scope="col">Last run</th>
          <th scope="col">Next run</th>
          <th scope="col" class="number" title="How far the end of what is exported is in the past">
            Lag
          </th>
          <th scope="col">Rows, 24 h</th>
        </tr>
      </thead>
      <tbody>
        {items.map((each) => {
          const place = { page: "export", name: each.name, tab: "runs" } as const
          return (
            <tr
              key={each.name}
              class="link"
              onClick={(event) => event.target instanceof HTMLAnchorElement || go(place)}
            >
              <td>
                <Link to={place} class="title">
                  {each.name}
                </Link>
                <div class="muted small">
                  {each.model} → {each.destination?.title ?? "?"}
                  {each.schedule === null ? "" : `, ${each.schedule}`}
                </div>
              </td>
              <td>
                <State of={each.state} />
                {each.failed > 0 ? <div class="small muted">{Format.plural(each.failed, "failed run")}</div> : null}
              </td>
              <td>
                {each.lastRun === null ? (
                  <span class="muted">none yet</span>
                ) : (
                  <>
                    <State of={each.lastRun.state} />
                    <div class="small muted">
                      <Time at={each.lastRun.finishedAt ?? each.lastRun.startedAt} />
                    </div>
                  </>
                )}
              </td>
              <td>
                <Time at={each.nextRunAt} />
              </td>
              <td class="number">
                {each.lagSeconds === null ? <span class="muted">–</span> : Format.seconds(each.lagSeconds)}
              </td>
              <td>
                <Spark values={each.rowsPerHour} />
              </td>
            </tr>
          )
        })}
      </tbody>
    </table>
  </div>
)
