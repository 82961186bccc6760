import type { Clock, Millis } from './clock.js'

/**
 * Makes a call with a timeout. Rejects after `ms` or when `signal` aborts, even if the call itself ignores both (a
 * silent connection, a credential provider that hangs). The call's own signal aborts in both cases.
 */
export const withinTime = <A>(
  ms: Millis,
  clock: Clock,
  signal: AbortSignal,
  call: (signal: AbortSignal) => Promise<A>,
): Promise<A> =>
  new Promise((resolve, reject) => {
    // Two controllers, because aborting after a success could cost the call's connection.
    const inner = new AbortController()
    const timer = new AbortController()
    const end = (): void => {
      // With a reason, or a DOMException with its stack would be made for each call.
      timer.abort('answered')
      signal.removeEventListener('abort', onAbort)
    }
    const giveUp = (error: Error): void => {
      reject(error)
      end()
      inner.abort()
    }
    const onAbort = (): void => giveUp(new Error('aborted'))
    if (signal.aborted) {
      onAbort()
      return
    }
    signal.addEventListener('abort', onAbort)
    void clock.sleep(ms, timer.signal).then(() => {
      if (!timer.signal.aborted) giveUp(new Error(`no answer within ${ms} ms`))
    })
    call(inner.signal).then(
      (answer) => {
        resolve(answer)
        end()
      },
      (error: unknown) => {
        reject(error instanceof Error ? error : new Error(String(error)))
        end()
      },
    )
  })
