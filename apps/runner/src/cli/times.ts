/** Instants and lengths of time for people. All in UTC: windows are. */
export const instant = (millis: number | null): string =>
  millis === null ? "" : new Date(millis).toISOString().slice(0, 19).replace("T", " ")

export const iso = (millis: number | null): string | null => (millis === null ? null : new Date(millis).toISOString())

export const window = ({ end, start }: { readonly start: number; readonly end: number }): string =>
  `${short(start)}/${short(end)}`

const short = (millis: number): string => new Date(millis).toISOString().replace(".000Z", "Z").replace(":00Z", "Z")

/** The two largest units: `2 h 5 min`. */
export const lengthOf = (millis: number): string => {
  const seconds = Math.max(0, Math.round(millis / 1000))
  const units: ReadonlyArray<readonly [string, number]> = [
    ["d", 86_400],
    ["h", 3_600],
    ["min", 60],
    ["s", 1],
  ]
  const first = units.findIndex(([, size]) => seconds >= size)
  if (first === -1) return "0 s"
  return units
    .slice(first, first + 2)
    .map(([unit, size], index) => ({
      unit,
      n: index === 0 ? Math.floor(seconds / size) : Math.floor((seconds % (units[first]?.[1] ?? 1)) / size),
    }))
    .filter(({ n }) => n > 0)
    .map(({ n, unit }) => `${n} ${unit}`)
    .join(" ")
}
