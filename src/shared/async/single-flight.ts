/**
 * Work that answers a question about now, for many who ask at once: one run at a time, and whoever asks while it is
 * under way shares the next, since the present one may have looked before they asked.
 */
export const latecomers = <A>(work: () => Promise<A>): (() => Promise<A>) => {
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
