import type { Clock } from '../../core/clock.js'
import { interruptibleSleep } from '../async/interruptible-sleep.js'

export interface Allowance {
  /** Number of tokens in a full bucket: what can be taken at once after a quiet time. */
  readonly burst: number
  /** Number of tokens added per second. */
  readonly perSecond: number
}

/** `first` goes before `last`. While both wait, `last` gets one turn in four, so that it is not starved. */
export type Priority = 'first' | 'last'

export interface TokenBucket {
  /**
   * Resolves to true once `n` tokens are taken. Callers of the same priority are served in order of arrival, so that
   * small requests do not overtake large ones. Resolves to false and takes nothing if the signal aborts first. A
   * request for more than `burst` waits for a full bucket, and leaves a debt.
   *
   * @param priority Default: `first`.
   */
  take(n: number, signal: AbortSignal, priority?: Priority): Promise<boolean>
}

interface Caller {
  readonly n: number
  readonly granted: () => void
}

/** Maximum number of consecutive turns for `first` while `last` waits. */
const mostInARow = 3

/** A token bucket that starts full. */
export const tokenBucket = ({
  burst,
  perSecond,
  clock,
}: Allowance & { readonly clock: Clock }): TokenBucket => {
  const lines: Readonly<Record<Priority, Set<Caller>>> = { first: new Set(), last: new Set() }
  const changed = interruptibleSleep(clock)
  let tokens = burst
  let filledAt = clock.now()
  let inARow = 0
  let serving = false

  const refill = (): void => {
    const now = clock.now()
    // A clock that is set back neither adds nor removes tokens.
    tokens = Math.min(burst, tokens + (Math.max(0, now - filledAt) * perSecond) / 1000)
    filledAt = now
  }

  const next = (): { readonly priority: Priority; readonly caller: Caller } | undefined => {
    const [first] = lines.first
    const [last] = lines.last
    if (first !== undefined && (last === undefined || inARow < mostInARow))
      return { priority: 'first', caller: first }
    return last === undefined ? undefined : { priority: 'last', caller: last }
  }

  const serve = async (): Promise<void> => {
    if (serving) return
    serving = true
    for (let turn = next(); turn !== undefined; turn = next()) {
      const { priority, caller } = turn
      refill()
      const missing = Math.min(caller.n, burst) - tokens
      if (missing > 0) {
        await changed.wait(Math.ceil((missing * 1000) / perSecond))
        continue
      }
      tokens -= caller.n
      lines[priority].delete(caller)
      inARow = priority === 'first' && lines.last.size > 0 ? inARow + 1 : 0
      caller.granted()
    }
    serving = false
  }

  return {
    take: (n, signal, priority = 'first') =>
      new Promise((resolve) => {
        if (signal.aborted) {
          resolve(false)
          return
        }
        const giveUp = (): void => {
          lines[priority].delete(caller)
          changed.interrupt()
          resolve(false)
        }
        const caller: Caller = {
          n,
          granted: () => {
            signal.removeEventListener('abort', giveUp)
            resolve(true)
          },
        }
        signal.addEventListener('abort', giveUp, { once: true })
        lines[priority].add(caller)
        changed.interrupt()
        void serve()
      }),
  }
}
