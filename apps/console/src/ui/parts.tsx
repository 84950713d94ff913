/** Small parts: buttons, states, notices, times. */
import type { ComponentChildren, JSX } from "preact"
import { useEffect, useState } from "preact/hooks"
import type { Problem } from "../api/client.ts"
import type { ExportSummary, Run } from "../api/types.ts"
import * as Format from "../format.ts"

type ButtonProps = Omit<JSX.IntrinsicElements["button"], "class"> & {
  readonly kind?: "primary" | "danger" | "quiet"
  readonly slim?: boolean
}

export const Button = ({ kind, slim, ...others }: ButtonProps) => (
  <button type="button" {...others} class={["button", kind, slim ? "slim" : ""].filter(Boolean).join(" ")} />
)

const paths = {
  passed: "M4 12l5 5L20 6",
  failed: "M6 6l12 12M18 6L6 18",
  skipped: "M5 12h14",
  busy: "M12 3a9 9 0 1 0 9 9",
  destinations: "M4 6h10M4 12h7M4 18h10M15 8l4 4-4 4",
  plus: "M12 5v14M5 12h14",
}

/** Beside text that says the same. */
export const Icon = ({ kind, name }: { readonly name: keyof typeof paths; readonly kind?: string }) => (
  <svg class={["icon", kind].filter(Boolean).join(" ")} viewBox="0 0 24 24" aria-hidden="true">
    <path d={paths[name]} />
  </svg>
)

const tones: Record<ExportSummary["state"] | Run["state"], string> = {
  active: "good",
  paused: "warn",
  "by hand": "",
  unusable: "bad",
  scheduled: "",
  starting: "busy",
  running: "busy",
  completed: "good",
  failed: "bad",
  cancelled: "",
  skipped: "warn",
}

export const State = ({ of }: { readonly of: keyof typeof tones }) => <span class={`badge ${tones[of]}`}>{of}</span>

interface NoticeProps {
  readonly tone?: "bad" | "warn" | "good"
  readonly title?: string | undefined
  readonly children?: ComponentChildren
}

/** Told to screen readers when it appears: at once when it is bad. */
export const Notice = ({ children, title, tone }: NoticeProps) => (
  <div class={`notice ${tone ?? ""}`} role={tone === "bad" ? "alert" : "status"}>
    {title === undefined ? null : <strong>{title}</strong>}
    {children}
  </div>
)

export const Trouble = ({ of }: { readonly of: Problem | undefined }) =>
  of === undefined ? null : (
    <Notice tone="bad" title={of.message}>
      {of.remedy}
    </Notice>
  )

export const Empty = ({ children, title }: { readonly title: string; readonly children: ComponentChildren }) => (
  <div class="empty">
    <h2>{title}</h2>
    {children}
  </div>
)

/** Renders anew now and then, since what is "in 5 min" changes without anything else changing. */
const useMinutes = (): void => {
  const [, again] = useState(0)
  useEffect(() => {
    const timer = setInterval(() => again((times) => times + 1), 15_000)
    return () => clearInterval(timer)
  }, [])
}

/** Both ways to say a time: how far away it is, and exactly. */
export const Time = ({ at, exact }: { readonly at: string | null | undefined; readonly exact?: boolean }) => {
  useMinutes()
  return at === null || at === undefined ? (
    <span class="muted">–</span>
  ) : (
    <time class="nowrap" dateTime={at} title={`${Format.instant(at)} UTC`}>
      {exact ? Format.instant(at) : Format.fromNow(at)}
    </time>
  )
}

export const Loading = () => (
  <p class="muted row" role="status">
    <Icon name="busy" kind="spin" /> Loading …
  </p>
)
