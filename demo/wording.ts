import type { Contents } from './contents.js'

/** `340 ms`, `1.24 s`, `12.4 s`. */
export const formatMs = (ms: number): string =>
  ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 1)} s`

/** `1 server`, `2 servers`. */
export const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

export const sum = (numbers: Iterable<number>): number => [...numbers].reduce((a, b) => a + b, 0)

/** The number of servers of all services. */
export const serverCount = (contents: Contents): number =>
  sum([...contents.values()].map(({ length }) => length))
