import type { Millis } from '../../core/clock.js'

/** A pause measured by the wall clock. Nothing sleeps; callers ask `isOver`. */
export interface WallPause {
  readonly since: Millis
  readonly ms: Millis
}

/** Whether the pause is over. Setting the clock back ends it, too: a short pause does less harm than one of days. */
export const isOver = ({ since, ms }: WallPause, now: Millis): boolean => now < since || now - since >= ms
