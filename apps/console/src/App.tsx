/** The frame of the page: who may see it, the sidebar, and what its address asks for. */
import { useEffect, useRef, useState } from "preact/hooks"
import { remove, whenUnauthorized } from "./api/client.ts"
import type { Session } from "./api/types.ts"
import { useQuery } from "./api/useQuery.ts"
import { ExportPage } from "./pages/ExportPage.tsx"
import { List } from "./pages/List.tsx"
import { Login } from "./pages/Login.tsx"
import { New } from "./pages/New.tsx"
import { Link, pathOf, usePlace } from "./router.tsx"
import { Button, Icon, Loading, Trouble } from "./ui/parts.tsx"

export const App = () => {
  const { data: session, problem, reload } = useQuery<Session>("/api/session")
  const [ended, setEnded] = useState(false)
  useEffect(() => whenUnauthorized(() => setEnded(true)), [])
  if (session === undefined) {
    return <main class="login">{problem === undefined ? <Loading /> : <Trouble of={problem} />}</main>
  }
  const done = () => {
    setEnded(false)
    reload()
  }
  return session.required && (ended || !session.authenticated) ? (
    <Login onDone={done} />
  ) : (
    <Frame session={session} onLeave={() => setEnded(true)} />
  )
}

const Frame = ({ onLeave, session }: { readonly session: Session; readonly onLeave: () => void }) => {
  const place = usePlace()
  const main = useRef<HTMLElement>(null)
  const title = place.page === "list" ? "Destinations" : place.page === "new" ? "New destination" : place.name
  const path = pathOf(place)
  const isFirst = useRef(true)
  useEffect(() => {
    document.title = `${title} – batch-exports`
    // Another page was opened: reading begins at its top.
    if (!isFirst.current) main.current?.focus()
    isFirst.current = false
  }, [title, path])
  return (
    <div class="frame">
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <nav class="sidebar" aria-label="Main">
        <Link to={{ page: "list" }} class="brand">
          <img src="/favicon.svg" alt="" /> batch-exports
        </Link>
        <div>
          <h2 id="data-management">Data management</h2>
          <ul aria-labelledby="data-management">
            <li>
              <Link to={{ page: "list" }} aria-current="page">
                <Icon name="destinations" /> Destinations
              </Link>
            </li>
          </ul>
        </div>
        <footer>
          {session.required ? (
            <Button slim onClick={() => void remove("/api/session").then(onLeave, onLeave)}>
              Log out
            </Button>
          ) : null}
        </footer>
      </nav>
      <main id="main" ref={main} tabIndex={-1}>
        {place.page === "list" ? (
          <List />
        ) : place.page === "new" ? (
          <New session={session} />
        ) : (
          <ExportPage key={place.name} name={place.name} tab={place.tab} />
        )}
      </main>
    </div>
  )
}
