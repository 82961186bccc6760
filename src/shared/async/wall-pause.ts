import type { Millis } from '../../core/clock.js'

/** A wait by a wall clock, where nobody sleeps: it is only asked whether it is over. */
export interface WallPause {
  readonly since: Millis
  readonly ms: Millis
}

/** Also when the clock was set back: to wait too little does less harm than to wait for days. */
export const isOver = ({ since, ms }: WallPause, now: Millis): boolean => now < since || now - since >= ms
