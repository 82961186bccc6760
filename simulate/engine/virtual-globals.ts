/**
 * The timers, dates and random numbers of the process, from the timeline and the seed: for code of others, such as the
 * SDK, which takes no clock. The shipped code has clocks injected, but a few of its defaults look at the machine's.
 */
import type { Random } from '../../sim/prng.js'
import type { Timeline, Timer } from './timeline.js'

/** What Node's timers are, as far as programs use them. */
class VirtualTimeout {
  #timer: Timer | undefined

  constructor(
    private readonly timeline: Timeline,
    ms: number,
    run: () => void,
    repeats: boolean,
  ) {
    const tick = (): void => {
      this.#timer = repeats ? timeline.after(Math.max(1, ms), tick) : undefined
      run()
    }
    this.#timer = timeline.after(ms, tick)
  }

  clear(): void {
    if (this.#timer !== undefined) this.timeline.cancel(this.#timer)
    this.#timer = undefined
  }

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }

  hasRef(): boolean {
    return true
  }
}

const clear = (timeout: unknown): void => {
  if (timeout instanceof VirtualTimeout) timeout.clear()
}

/** Replaces the globals. Returns what puts the real ones back. */
export const installGlobals = (timeline: Timeline, random: Random): (() => void) => {
  const RealDate = globalThis.Date
  const VirtualDate = new Proxy(RealDate, {
    construct: (target, args: readonly unknown[]): object =>
      Reflect.construct(target, args.length === 0 ? [timeline.now] : args) as object,
    apply: () => new RealDate(timeline.now).toString(),
    get: (target, name): unknown => (name === 'now' ? () => timeline.now : Reflect.get(target, name)),
  })
  const timers =
    (repeats: boolean) =>
    (run: (...args: unknown[]) => void, ms = 0, ...args: unknown[]): VirtualTimeout =>
      new VirtualTimeout(timeline, ms, () => run(...args), repeats)
  const replacements = {
    Date: VirtualDate,
    setTimeout: timers(false),
    setInterval: timers(true),
    setImmediate: (run: (...args: unknown[]) => void, ...args: unknown[]) => timers(false)(run, 0, ...args),
    clearTimeout: clear,
    clearInterval: clear,
    clearImmediate: clear,
  }
  const originals = Object.keys(replacements).map((name) => [name, Reflect.get(globalThis, name)] as const)
  const chance = Math.random
  Object.assign(globalThis, replacements)
  Math.random = () => random.next()
  return () => {
    for (const [name, original] of originals) Reflect.set(globalThis, name, original)
    Math.random = chance
  }
}
