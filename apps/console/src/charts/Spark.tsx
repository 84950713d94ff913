/** Rows over the last day in the space of a word. */
import * as Format from "../format.ts"

export const Spark = ({ values }: { readonly values: ReadonlyArray<number> }) => {
  const most = Math.max(1, ...values)
  const total = values.reduce((a, b) => a + b, 0)
  return (
    <svg class="spark" viewBox="0 0 120 26" role="img" aria-label={`${Format.count(total)} rows in the last 24 hours`}>
      <title>{`${Format.count(total)} rows in the last 24 hours`}</title>
      {values.map((value, index) => {
        const height = value === 0 ? 1 : Math.max(2, (value / most) * 25)
        return (
          <rect
            key={index}
            class={value === 0 ? "none" : ""}
            x={index * 5}
            y={26 - height}
            width={4}
            height={height}
            rx={1}
          />
        )
      })}
    </svg>
  )
}
