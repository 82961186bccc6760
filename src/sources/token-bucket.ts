import type { Clock } from '../core/clock.js'

export interface Allowance {
  /** Tokens in a full bucket: what may be taken at once after a quiet time. */
  readonly burst: number
  /** Tokens that come back each second. */
  readonly perSecond: number
}

export interface TokenBucket {
  /**
   * Resolves to true once `n` tokens are taken, first come, first served: who asks for much is not overtaken by who
   * asks for little. Resolves to false, and takes nothing, as soon as the signal aborts. More than `burst` waits for
   * a full bucket, and leaves a debt.
   */
  take(n: number, signal: AbortSignal): Promise<boolean>
}

/** A token bucket, full at first. */
export const tokenBucket = ({
  burst,
  perSecond,
  clock,
}: Allowance & { readonly clock: Clock }): TokenBucket => {
  let tokens = burst
  let filledAt = clock.now()
  let lastTurn: Promise<unknown> = Promise.resolve()

  const refill = (): void => {
    const now = clock.now()
    // A clock that was set back gives nothing, and takes nothing.
    tokens = Math.min(burst, tokens + (Math.max(0, now - filledAt) * perSecond) / 1000)
    filledAt = now
  }

  const turn = async (n: number, signal: AbortSignal): Promise<boolean> => {
    while (!signal.aborted) {
      refill()
      const missing = Math.min(n, burst) - tokens
      if (missing <= 0) {
        tokens -= n
        return true
      }
      await clock.sleep(Math.ceil((missing * 1000) / perSecond), signal)
    }
    return false
  }

  return {
    take: (n, signal) =>
      new Promise((resolve) => {
        const giveUp = (): void => resolve(false)
        if (signal.aborted) giveUp()
        signal.addEventListener('abort', giveUp, { once: true })
        lastTurn = lastTurn
          .then(() => turn(n, signal))
          .then((taken) => {
            signal.removeEventListener('abort', giveUp)
            resolve(taken)
          })
      }),
  }
}
