import fc from 'fast-check'
import { it } from 'vitest'
import { histories } from '../../src/testing/histories.js'
it('x', () => {
  const t = performance.now()
  const hs = fc.sample(histories(), 1000)
  console.log('ms', performance.now() - t)
  const count = (f: (h: (typeof hs)[0]) => number) => hs.reduce((n, h) => n + f(h), 0) / hs.length
  console.log(
    'events',
    count((h) => h.events.length),
    'listed',
    count((h) => h.events.filter((e) => e._tag === 'TasksListed').length),
    'truth',
    count((h) => [...h.truth.values()].flat().length),
    'changes',
    count((h) => h.events.filter((e) => e._tag === 'TaskChanged').length),
    'closing',
    count((h) => h.closing.length),
  )
})
