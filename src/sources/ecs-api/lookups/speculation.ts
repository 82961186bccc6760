import type { Clock } from '../../../core/clock.js'
import { LookupLine } from './lookup-line.js'
import type { Speculation } from './lookup-queue.js'
import { tokenBucket } from '../../../shared/aws/token-bucket.js'

/** Up to this many groups, lookups are not limited: more than a worker usually follows. */
const fewGroups = 16

/**
 * Limits lookups for tasks that no snapshot lists, one group after another, so that the number of calls for invented
 * clusters and regions is bounded.
 */
export const speculations = (
  groups: () => number,
  clock: Clock,
  signal: AbortSignal,
): ((group: string) => Speculation) => {
  const bucket = tokenBucket({ burst: 20, perSecond: 5, clock })
  const line = new LookupLine()
  const waiting = new Map<string, { readonly promise: Promise<void>; readonly resolve: () => void }>()
  let granting = false

  const end = (group: string): void => {
    line.delete(group)
    waiting.get(group)?.resolve()
    waiting.delete(group)
  }

  const grant = async (): Promise<void> => {
    if (granting) return
    granting = true
    while (line.size > 0 && (await bucket.take(1, signal))) {
      const group = line.take()
      if (group !== undefined) end(group)
    }
    granting = false
  }

  signal.addEventListener('abort', () => [...waiting.keys()].forEach(end), { once: true })

  return (group) => ({
    isRationed: () => groups() > fewGroups,
    wait: () => {
      if (groups() <= fewGroups) return undefined
      const known = waiting.get(group)
      if (known !== undefined) return known.promise
      let resolve = (): void => undefined
      const promise = new Promise<void>((resolved) => (resolve = resolved))
      waiting.set(group, { promise, resolve })
      line.add(group, group)
      void grant()
      return promise
    },
    leave: () => end(group),
  })
}
