/** An answer of the API, kept up to date while it is shown. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks"
import { asProblem, get, type Problem } from "./client.ts"
import { onChange } from "./stream.ts"

export interface Query<A> {
  readonly data: A | undefined
  readonly problem: Problem | undefined
  readonly reload: () => void
}

/** `topics`: what the answer depends on; without any it is asked for once. */
export const useQuery = <A>(path: string | undefined, ...topics: ReadonlyArray<string>): Query<A> => {
  const [state, setState] = useState<{ path?: string; data?: A; problem?: Problem }>({})
  const asked = useRef<AbortController>(undefined)
  const reload = useCallback(() => {
    asked.current?.abort()
    if (path === undefined) return
    const controller = new AbortController()
    asked.current = controller
    get<A>(path, controller.signal).then(
      (data) => setState({ path, data }),
      (error: unknown) => {
        if (controller.signal.aborted) return
        setState((before) => ({ ...(before.path === path ? before : { path }), problem: asProblem(error) }))
      },
    )
  }, [path])
  useEffect(() => {
    reload()
    return () => asked.current?.abort()
  }, [reload])
  const wanted = topics.join()
  useEffect(() => {
    if (wanted === "") return
    return onChange((changed) => {
      if (wanted.split(",").some((topic) => changed.has(topic))) reload()
    })
  }, [reload, wanted])
  const current = state.path === path ? state : {}
  return { data: current.data, problem: current.problem, reload }
}
