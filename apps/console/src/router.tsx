/** Addresses of the page, in the browser's own history. */
import type { ComponentChildren } from "preact"
import { useEffect, useState } from "preact/hooks"

export type Place =
  | { readonly page: "list" }
  | { readonly page: "new" }
  | { readonly page: "export"; readonly name: string; readonly tab: Tab }

export const tabs = ["configuration", "runs", "backfills", "metrics", "logs"] as const
export type Tab = (typeof tabs)[number]

const isTab = (text: string | undefined): text is Tab => tabs.some((tab) => tab === text)

export const parse = (path: string): Place => {
  const [, , first, second] = path.split("/")
  if (first === undefined || first === "") return { page: "list" }
  if (first === "-" && second === "new") return { page: "new" }
  return { page: "export", name: decodeURIComponent(first), tab: isTab(second) ? second : "runs" }
}

export const pathOf = (place: Place): string => {
  switch (place.page) {
    case "list":
      return "/destinations"
    case "new":
      return "/destinations/-/new"
    case "export":
      return `/destinations/${encodeURIComponent(place.name)}/${place.tab}`
    default:
      return place satisfies never
  }
}

const moved = "batch-exports:moved"

export const go = (place: Place): void => {
  history.pushState(null, "", pathOf(place))
  dispatchEvent(new Event(moved))
  scrollTo(0, 0)
}

export const usePlace = (): Place => {
  const [path, setPath] = useState(location.pathname)
  useEffect(() => {
    const look = () => setPath(location.pathname)
    addEventListener("popstate", look)
    addEventListener(moved, look)
    return () => {
      removeEventListener("popstate", look)
      removeEventListener(moved, look)
    }
  }, [])
  return parse(path)
}

interface LinkProps {
  readonly to: Place
  readonly class?: string
  readonly "aria-current"?: "page" | undefined
  readonly children: ComponentChildren
}

/** An ordinary link, which other buttons and keys open elsewhere as usual. */
export const Link = ({ children, to, ...others }: LinkProps) => (
  <a
    {...others}
    href={pathOf(to)}
    onClick={(event) => {
      if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
      event.preventDefault()
      go(to)
    }}
  >
    {children}
  </a>
)
