/** How much one address may ask for: so many requests at once, and so many more with each second. */

export interface Rate {
  readonly burst: number
  readonly perSecond: number
}

interface Left {
  requests: number
  at: number
}

/** More addresses than this at once are somebody's flood; the oldest are forgotten. */
const MOST = 10_000

export class Allowance {
  readonly #rate: Rate
  readonly #left = new Map<string, Left>()

  constructor(rate: Rate) {
    this.#rate = rate
  }

  /** Uses one up; false when there is none. */
  take(address: string, now: number): boolean {
    const left = this.#at(address, now)
    if (left.requests < 1) return false
    left.requests -= 1
    return true
  }

  #at(address: string, now: number): Left {
    const { burst, perSecond } = this.#rate
    const known = this.#left.get(address) ?? { requests: burst, at: now }
    const more = (Math.max(0, now - known.at) / 1000) * perSecond
    const left = { requests: Math.min(burst, known.requests + more), at: Math.max(now, known.at) }
    this.#left.delete(address)
    this.#left.set(address, left)
    const oldest = this.#left.keys().next().value
    if (this.#left.size > MOST && oldest !== undefined) this.#left.delete(oldest)
    return left
  }
}
