import type { Clock, Millis } from './clock.js'

/** A part of a worker that must end before the worker has stopped. */
export interface Draining {
  readonly name: string
  readonly ended: Promise<unknown>
  /** Whether to wait for it for longer than a moment. */
  readonly isWorthwhile: () => boolean
}

export interface DrainOptions {
  readonly clock: Pick<Clock, 'sleep'>
  /** Resolves when nothing is waited for any more. */
  readonly deadline: Promise<unknown>
  /** Called once a second with the names of the parts that are still waited for. */
  readonly waiting: (names: readonly string[]) => void
}

/** What every part gets: enough for a healthy one, and little enough for a stop within a second. */
const graceMs: Millis = 500

const betweenReports: Millis = 1_000

/**
 * Waits until all parts have ended, or until those that have not are not worthwhile. Returns the names of the
 * worthwhile ones that the deadline cut off.
 */
export const drained = async (
  parts: readonly Draining[],
  { clock, deadline, waiting }: DrainOptions,
): Promise<readonly string[]> => {
  const left = new Set(parts)
  const over = new AbortController()
  void deadline.then(() => over.abort())
  for (const part of parts) void part.ended.then(() => left.delete(part))
  const worthwhile = (): readonly Draining[] => [...left].filter(({ isWorthwhile }) => isWorthwhile())
  const wait = async (ms: Millis, ended: Promise<unknown>): Promise<void> => {
    const awake = new AbortController()
    await Promise.race([ended, deadline, clock.sleep(ms, awake.signal)])
    awake.abort()
  }
  await wait(graceMs, Promise.all(parts.map(({ ended }) => ended)))
  for (;;) {
    const rest = worthwhile()
    if (rest.length === 0) return []
    const names = rest.map(({ name }) => name)
    if (over.signal.aborted) return names
    waiting(names)
    await wait(betweenReports, Promise.all(rest.map(({ ended }) => ended)))
  }
}
