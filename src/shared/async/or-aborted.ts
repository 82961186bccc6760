/**
 * The result of a call, or a rejection as soon as the signal aborts: the SDK looks for credentials without looking at
 * the signal.
 */
export const orAborted = <A>(call: Promise<A>, signal: AbortSignal): Promise<A> =>
  new Promise((resolve, reject) => {
    const giveUp = (): void => reject(new Error('aborted'))
    if (signal.aborted) giveUp()
    signal.addEventListener('abort', giveUp, { once: true })
    call.then(resolve, (thrown: unknown) => {
      reject(thrown instanceof Error ? thrown : new Error(String(thrown)))
    })
    void call
      .catch(() => undefined)
      .finally(() => {
        signal.removeEventListener('abort', giveUp)
      })
  })
