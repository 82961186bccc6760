import type { Clock } from '../../core/clock.js'
import { bell } from '../async/interruptible-sleep.js'

export interface Allowance {
  /** Tokens in a full bucket: what may be taken at once after a quiet time. */
  readonly burst: number
  /** Tokens that come back each second. */
  readonly perSecond: number
}

/**
 * `first`: before all that is `last`. While both wait, `last` gets one turn in four, so that neither stops the other.
 */
export type Priority = 'first' | 'last'

export interface TokenBucket {
  /**
   * Resolves to true once `n` tokens are taken; among callers of one priority first come, first served, so that nobody
   * who asks for much is overtaken by one who asks for little. Resolves to false, and takes nothing, as soon as the
   * signal aborts. More than `burst` waits for a full bucket, and leaves a debt.
   *
   * @param priority Default: `first`.
   */
  take(n: number, signal: AbortSignal, priority?: Priority): Promise<boolean>
}

interface Caller {
  readonly n: number
  readonly granted: () => void
}

/** Turns in a row that `first` may get while `last` waits. */
const mostInARow = 3

/** A token bucket, full at first. */
export const tokenBucket = ({
  burst,
  perSecond,
  clock,
}: Allowance & { readonly clock: Clock }): TokenBucket => {
  const lines: Readonly<Record<Priority, Set<Caller>>> = { first: new Set(), last: new Set() }
  const changed = bell(clock)
  let tokens = burst
  let filledAt = clock.now()
  let inARow = 0
  let serving = false

  const refill = (): void => {
    const now = clock.now()
    // A clock that was set back gives nothing, and takes nothing.
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
          changed.ring()
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
        changed.ring()
        void serve()
      }),
  }
}
