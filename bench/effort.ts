/** How much a run of the bench does. */
export interface Effort {
  /** Whether it only shows that the bench works: small sizes and two rounds, whose figures mean little. */
  readonly isQuick: boolean
  /** The size to take. */
  pick<A>(full: A, quick: A): A
  /** The rounds to count: five at least, unless quick. */
  rounds(full: number): number
}

export const fullEffort: Effort = { isQuick: false, pick: (full) => full, rounds: (full) => full }

export const quickEffort: Effort = { isQuick: true, pick: (_full, quick) => quick, rounds: () => 2 }
