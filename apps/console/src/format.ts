/** Numbers, sizes, lengths of time and instants as people read them. */

const grouped = new Intl.NumberFormat("en-US")
const short = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 })

export const count = (value: number): string => grouped.format(value)
export const compact = (value: number): string => short.format(value)

export const bytes = (value: number): string => {
  if (value < 1000) return `${value} B`
  const units = ["kB", "MB", "GB", "TB"]
  let size = value / 1000
  let unit = 0
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000
    unit += 1
  }
  return `${size >= 100 ? size.toFixed(0) : size.toFixed(1)} ${units[unit]}`
}

export const seconds = (value: number): string => {
  if (value < 1) return `${Math.round(value * 1000)} ms`
  if (value < 60) return `${value < 10 ? value.toFixed(1) : Math.round(value)} s`
  const parts: ReadonlyArray<readonly [number, string]> = [
    [86_400, "d"],
    [3_600, "h"],
    [60, "min"],
  ]
  const rest = Math.round(value)
  for (const [index, [length, name]] of parts.entries()) {
    if (rest < length) continue
    const next = parts[index + 1]
    const more = next === undefined ? 0 : Math.floor((rest % length) / next[0])
    return `${Math.floor(rest / length)} ${name}${more === 0 || next === undefined ? "" : ` ${more} ${next[1]}`}`
  }
  return `${rest} s`
}

const two = (value: number): string => String(value).padStart(2, "0")

/** In UTC, as windows are: `2026-01-31 13:00`. */
export const instant = (text: string): string => {
  const at = new Date(text)
  const day = `${at.getUTCFullYear()}-${two(at.getUTCMonth() + 1)}-${two(at.getUTCDate())}`
  const clock = `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`
  return `${day} ${clock}${at.getUTCSeconds() === 0 ? "" : `:${two(at.getUTCSeconds())}`}`
}

export const span = ({ end, start }: { readonly start: string; readonly end: string }): string => {
  const [from, to] = [instant(start), instant(end)]
  return from.slice(0, 10) === to.slice(0, 10) ? `${from} – ${to.slice(11)}` : `${from} – ${to}`
}

/** `in 5 min`, `3 h ago`. */
export const fromNow = (text: string, now = Date.now()): string => {
  const away = (Date.parse(text) - now) / 1000
  if (Math.abs(away) < 1) return "now"
  return away > 0 ? `in ${seconds(Math.ceil(away))}` : `${seconds(Math.ceil(-away))} ago`
}

export const plural = (value: number, word: string): string => `${count(value)} ${word}${value === 1 ? "" : "s"}`
