/** One value for each period as bars, with a table of the same for those who do not see them. */
import { useId } from "preact/hooks"
import * as Format from "../format.ts"

export interface Bar {
  readonly at: string
  readonly value: number
}

interface Props {
  readonly title: string
  readonly bars: ReadonlyArray<Bar>
  readonly say: (value: number) => string
  readonly tone?: "bad"
}

const WIDTH = 720
const HEIGHT = 150
const LEFT = 54
const BOTTOM = 22

/** A round number not below. */
const ceiling = (value: number): number => {
  if (value <= 0) return 1
  const power = 10 ** Math.floor(Math.log10(value))
  return power * ([1, 2, 2.5, 5, 10].find((step) => step * power >= value) ?? 10)
}

export const Bars = ({ bars, say, title, tone }: Props) => {
  const heading = useId()
  const top = ceiling(Math.max(0, ...bars.map(({ value }) => value)))
  const step = (WIDTH - LEFT) / Math.max(1, bars.length)
  const height = (value: number) => (value / top) * (HEIGHT - BOTTOM - 8)
  const labelled = Math.ceil(bars.length / 6)
  return (
    <figure class="card stack" aria-labelledby={heading}>
      <h3 id={heading}>{title}</h3>
      <svg class="chart" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true">
        {[0, 0.5, 1].map((part) => (
          <g key={part}>
            <line
              class="grid"
              x1={LEFT}
              x2={WIDTH}
              y1={HEIGHT - BOTTOM - height(part * top)}
              y2={HEIGHT - BOTTOM - height(part * top)}
            />
            <text x={LEFT - 8} y={HEIGHT - BOTTOM - height(part * top) + 4} text-anchor="end">
              {say(part * top)}
            </text>
          </g>
        ))}
        {bars.map(({ at, value }, index) => (
          <g key={at}>
            {value === 0 ? null : (
              <rect
                class={`bar ${tone ?? ""}`}
                x={LEFT + index * step + step * 0.12}
                y={HEIGHT - BOTTOM - Math.max(1.5, height(value))}
                width={step * 0.76}
                height={Math.max(1.5, height(value))}
                rx={Math.min(3, step / 4)}
              >
                <title>{`${Format.instant(at)}: ${say(value)}`}</title>
              </rect>
            )}
            {index % labelled === 0 ? (
              <text x={LEFT + index * step} y={HEIGHT - 6}>
                {Format.instant(at).slice(5)}
              </text>
            ) : null}
          </g>
        ))}
      </svg>
      <div class="hidden-visually">
        <table>
          <caption>{title}</caption>
          <tbody>
            {bars
              .filter(({ value }) => value > 0)
              .map(({ at, value }) => (
                <tr key={at}>
                  <th scope="row">{Format.instant(at)}</th>
                  <td>{say(value)}</td>
                </tr>
              ))}
          </tbody>
        </table>
      </div>
    </figure>
  )
}
