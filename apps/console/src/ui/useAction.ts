/** Something that a button does: one at a time, with what went wrong. */
import { useState } from "preact/hooks"
import { asProblem, type Problem } from "../api/client.ts"

export const useAction = () => {
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<Problem>()
  const act = async <A>(action: () => Promise<A>): Promise<A | undefined> => {
    setBusy(true)
    setProblem(undefined)
    try {
      return await action()
    } catch (error) {
      setProblem(asProblem(error))
      return undefined
    } finally {
      setBusy(false)
    }
  }
  return { act, busy, problem }
}
