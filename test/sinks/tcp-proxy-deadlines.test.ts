import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Deadlines } from '../../src/proxy/deadlines.js'
import { virtualClock } from '../support/virtual-clock.js'

const step = fc.oneof(
  fc.record({ _tag: fc.constant('Add' as const), within: fc.nat(50) }),
  fc.record({ _tag: fc.constant('Delete' as const), which: fc.nat() }),
  fc.record({ _tag: fc.constant('Wait' as const), ms: fc.nat(40) }),
)

it('every deadline expires at its time and once, unless it was taken back before', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const clock = virtualClock()
      const stop = new AbortController()
      const deadlines = new Deadlines(clock, stop.signal)
      const expired: number[] = []
      const added: { readonly at: number; deleted: boolean; expire(): void }[] = []
      for (const one of steps)
        switch (one._tag) {
          case 'Add': {
            const nth = added.length
            const deadline = {
              at: clock.now() + one.within,
              deleted: false,
              expire: () => {
                expect(clock.now()).toBe(deadline.at)
                expired.push(nth)
              },
            }
            added.push(deadline)
            deadlines.add(deadline)
            break
          }
          case 'Delete': {
            const nth = one.which % Math.max(1, added.length)
            const deadline = added[nth]
            if (deadline === undefined || expired.includes(nth)) break
            deadline.deleted = true
            deadlines.delete(deadline)
            break
          }
          case 'Wait':
            await clock.advance(one.ms)
            break
        }
      await clock.advance(100)
      expect([...expired].sort((a, b) => a - b)).toEqual(
        added.flatMap(({ deleted }, nth) => (deleted ? [] : [nth])),
      )
      // When nothing is left, nothing sleeps.
      expect(clock.sleeping).toBe(0)
      deadlines.add({ at: clock.now() + 10, expire: () => expired.push(-1) })
      stop.abort()
      await clock.advance(20)
      expect(expired).not.toContain(-1)
    }),
    { numRuns: 300 },
  )
})
