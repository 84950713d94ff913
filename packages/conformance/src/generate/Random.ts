/** Random choices that a seed repeats. Every generator here takes one, so a printed seed is a case to run again. */

export interface Random {
  /** 0 to `below` − 1. */
  readonly int: (below: number) => number
  readonly bool: (chance?: number) => boolean
  readonly pick: <A>(from: ReadonlyArray<A>) => A
  readonly shuffle: <A>(items: ReadonlyArray<A>) => ReadonlyArray<A>
  /** `count` whole random bits. */
  readonly bits: (count: number) => bigint
  /** Choices of its own for a part, so that a change in one part does not change the others. */
  readonly fork: (label: string) => Random
}

/** FNV-1a, so that a seed may be any text. */
const hash = (text: string): number => {
  let state = 0x81_1c_9d_c5
  for (const char of text) state = Math.imul(state ^ (char.codePointAt(0) ?? 0), 0x01_00_01_93)
  return state >>> 0
}

/** Mulberry32. */
export const make = (seed: string): Random => {
  let state = hash(seed)
  const next = (): number => {
    state = (state + 0x6d_2b_79_f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  const int = (below: number) => Math.floor((next() / 2 ** 32) * below)
  return {
    int,
    bool: (chance = 0.5) => next() / 2 ** 32 < chance,
    pick: (from) => {
      if (from.length === 0) throw new RangeError("there is nothing to pick from")
      return from[int(from.length)] as (typeof from)[number]
    },
    shuffle: (items) => {
      const shuffled = [...items]
      for (let last = shuffled.length - 1; last > 0; last--) {
        const other = int(last + 1)
        const moved = shuffled[last] as (typeof items)[number]
        shuffled[last] = shuffled[other] as (typeof items)[number]
        shuffled[other] = moved
      }
      return shuffled
    },
    bits: (count) => {
      let value = 0n
      for (let have = 0; have < count; have += 32) value = (value << 32n) | BigInt(next())
      return value & ((1n << BigInt(count)) - 1n)
    },
    fork: (label) => make(`${seed}/${label}`),
  }
}
