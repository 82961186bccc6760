/**
 * Coalesces concurrent calls: one run at a time. Callers that arrive during a run share the next one, because the
 * current run may have read its data before they called.
 */
export const singleFlight = <A>(work: () => Promise<A>): (() => Promise<A>) => {
  let running: Promise<unknown> = Promise.resolve()
  let next: Promise<A> | undefined
  const begin = (): Promise<A> => {
    next = undefined
    const run = work()
    running = run.catch(() => undefined)
    return run
  }
  return () => (next ??= running.then(begin))
}
