import type { Overview } from '../../src/inspector/overview.js'

/** How far one target was at the times of the history. */
export interface LagLine {
  readonly target: string
  readonly p50: readonly (number | null)[]
  readonly p99: readonly (number | null)[]
  readonly behind: readonly (number | null)[]
}

export interface LagHistory {
  /** Seconds since 1970. */
  readonly times: readonly number[]
  readonly lines: readonly LagLine[]
}

/** At most so many points are kept: five minutes, at two a second. */
const mostPoints = 600
const leastMs = 500

export const noHistory: LagHistory = { times: [], lines: [] }

const latest = <A>(values: readonly A[]): readonly A[] => values.slice(-mostPoints)

/** The history with one more overview, unless it comes too soon after the last one. */
export const remembered = (history: LagHistory, { at, targets }: Overview): LagHistory => {
  const last = history.times.at(-1)
  if (last !== undefined && at / 1000 - last < leastMs / 1000) return history
  const before = history.times.map(() => null)
  return {
    times: latest([...history.times, at / 1000]),
    lines: targets.map(({ target, lag, behindMs }) => {
      const line = history.lines.find((one) => one.target === target)
      return {
        target,
        p50: latest([...(line?.p50 ?? before), lag?.p50Ms ?? null]),
        p99: latest([...(line?.p99 ?? before), lag?.p99Ms ?? null]),
        behind: latest([...(line?.behind ?? before), behindMs]),
      }
    }),
  }
}
