import type { VirtualClock } from '../test/support/virtual-clock.js'

/** Awaits a promise in simulated time, a millisecond for each turn of the event loop. */
export const simulated = async <A>(clock: VirtualClock, promise: Promise<A>): Promise<A> => {
  const settled = { is: false }
  const note = (): void => {
    settled.is = true
  }
  promise.then(note, note)
  while (!settled.is) await clock.advance(1)
  return promise
}
