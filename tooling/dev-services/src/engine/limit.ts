/** Lets at most `permits` calls run at once; the others wait in order. */
export const limit = (permits: number): (<A>(call: () => Promise<A>) => Promise<A>) => {
  const waiting: Array<() => void> = []
  let free = permits
  return async (call) => {
    if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve))
    else free--
    try {
      return await call()
    } finally {
      const next = waiting.shift()
      if (next === undefined) free++
      else next()
    }
  }
}
