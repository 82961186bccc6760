/** A seeded random number generator: the same seed gives the same numbers, so a failing run can be repeated. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number
  /** A whole number in [0, below). */
  int(below: number): number
  /** True with probability `p`. */
  chance(p: number): boolean
  /** One of `items`; throws on an empty list. */
  pick<A>(items: readonly A[]): A
  /** A shuffled copy. */
  shuffled<A>(items: readonly A[]): A[]
  /** Lower-case hexadecimal digits, as in AWS identifiers. */
  hex(digits: number): string
  /** Shaped as a UUID (its version bits are not set: AWS's own event ids do not set them either). */
  uuid(): string
}

/** Mulberry32: 32 bits of state, fast, and good enough to shuffle a simulation (never use it for secrets). */
export const prng = (seed: number): Random => {
  let state = seed >>> 0

  const bits = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  const next = (): number => bits() / 2 ** 32
  const int = (below: number): number => Math.floor(next() * below)

  const hex = (digits: number): string => {
    let text = ''
    while (text.length < digits) text += bits().toString(16).padStart(8, '0')
    return text.slice(0, digits)
  }

  return {
    next,
    int,
    chance: (p) => next() < p,
    pick: (items) => {
      if (items.length === 0) throw new RangeError('cannot pick from an empty list')
      return items[int(items.length)]!
    },
    shuffled: (items) => {
      const copy = [...items]
      for (let last = copy.length - 1; last > 0; last--) {
        const other = int(last + 1)
        ;[copy[last], copy[other]] = [copy[other]!, copy[last]!]
      }
      return copy
    },
    hex,
    uuid: () => {
      const digits = hex(32)
      return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-${digits.slice(12, 16)}-${digits.slice(16, 20)}-${digits.slice(20)}`
    },
  }
}
