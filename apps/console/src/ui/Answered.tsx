/** What is shown of a question to the API: that it is waited for, what went wrong, or the answer. */
import type { ComponentChildren } from "preact"
import type { Query } from "../api/useQuery.ts"
import { Button, Loading, Trouble } from "./parts.tsx"

interface Props<A> {
  readonly to: Pick<Query<A>, "data" | "problem">
  readonly children: (data: A) => ComponentChildren
}

/** The last answer stays beside a trouble that came after it. */
export const Answered = <A,>({ children, to: { data, problem } }: Props<A>) => (
  <>
    <Trouble of={problem} />
    {data !== undefined ? children(data) : problem === undefined ? <Loading /> : null}
  </>
)

/** The API's own: it refuses more. */
const LONGEST = 500

/** Asks for a longer list, while there is more and it may be longer. */
export const ShowMore = ({
  limit,
  next,
  onMore,
}: {
  readonly next: string | null
  readonly limit: number
  readonly onMore: (limit: number) => void
}) =>
  next === null || limit >= LONGEST ? null : (
    <div class="row">
      <Button onClick={() => onMore(Math.min(LONGEST, limit + 100))}>Show more</Button>
    </div>
  )
