import type { Clock } from '../../../core/clock.js'
import { LookupLine } from './lookup-line.js'
import type { Speculation } from './lookup-queue.js'
import { tokenBucket } from '../../../shared/aws/token-bucket.js'

/** As many groups as this are asked at once and without limit, for few are all that anybody follows. */
const fewGroups = 16

/**
 * Rations questions about what no snapshot lists: one group after the other, so that invented clusters and regions
 * cost no more calls than this, however many they are.
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
