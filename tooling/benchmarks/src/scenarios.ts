/** What is loaded: how many events, and how wide their `properties` are. */

/** Bytes of `properties`, about: 170, 1 thousand, 10 thousand. */
export const widths = ["narrow", "typical", "wide"] as const

export type Width = (typeof widths)[number]

export interface Scenario {
  readonly width: Width
  readonly rows: number
}

/** Two sizes for each width: what a run costs, and whether its memory grows with it. */
export const standard: Readonly<Record<Width, readonly [number, number]>> = {
  narrow: [100_000, 1_000_000],
  typical: [100_000, 1_000_000],
  wide: [30_000, 100_000],
}

export const all: ReadonlyArray<Scenario> = widths.flatMap((width) => standard[width].map((rows) => ({ width, rows })))

/** `--width` and `--rows` as written; without `--rows`, the smaller standard size of each width. */
export const select = (asked: { readonly width: string; readonly rows: string | undefined }): Scenarios => {
  const names = asked.width === "all" ? [...widths] : words(asked.width)
  const unknown = names.find((name) => !isWidth(name))
  if (names.length === 0 || unknown !== undefined) {
    return { problem: `--width takes ${widths.join(", ")} or all, separated by commas; not "${asked.width}"` }
  }
  const counts = asked.rows === undefined ? undefined : words(asked.rows).map(parseRows)
  if (counts !== undefined && (counts.length === 0 || counts.includes(undefined))) {
    return {
      problem: `--rows takes whole numbers such as 100000, 100k or 1M, separated by commas; not "${asked.rows}"`,
    }
  }
  return {
    scenarios: names
      .filter(isWidth)
      .flatMap((width) =>
        (counts ?? [standard[width][0]])
          .filter((rows): rows is number => rows !== undefined)
          .map((rows) => ({ width, rows })),
      ),
  }
}

export type Scenarios = { readonly scenarios: ReadonlyArray<Scenario> } | { readonly problem: string }

export const describe = ({ rows, width }: Scenario): string => `${width}, ${rows.toLocaleString("en-US")} rows`

/** `--sizes` as written: `typical:100k,wide:30k`, and `all` for both standard sizes of every width. */
export const selectSizes = (asked: string): Scenarios => {
  if (asked.trim() === "all") return { scenarios: all }
  const scenarios: Array<Scenario> = []
  for (const word of words(asked)) {
    const [width = "", count = "", ...more] = word.split(":")
    const rows = parseRows(count)
    if (!isWidth(width) || rows === undefined || more.length > 0) {
      return {
        problem: `--sizes takes widths (${widths.join(", ")}) with numbers of rows, such as typical:100k,wide:30k, or all; not "${word}"`,
      }
    }
    scenarios.push({ width, rows })
  }
  return scenarios.length === 0 ? { problem: "--sizes names none" } : { scenarios }
}

const isWidth = (name: string): name is Width => (widths as ReadonlyArray<string>).includes(name)

const words = (list: string): ReadonlyArray<string> =>
  list
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "")

const parseRows = (text: string): number | undefined => {
  const match = /^(\d{1,9})([kM]?)$/.exec(text)
  if (match === null) return undefined
  const rows = Number(match[1]) * ({ k: 1_000, M: 1_000_000 }[match[2] ?? ""] ?? 1)
  return rows > 0 ? rows : undefined
}
