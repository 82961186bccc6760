import fc from 'fast-check'
import { deepStrictEqual } from 'node:assert/strict'
import { it } from 'vitest'
import { emptyState } from '../../src/core/cluster-state.js'
import { projector, project } from '../../src/core/project.js'
import { reduce } from '../../src/core/reduce.js'
import { servicePorts } from '../../src/policies/service-ports.js'
import { shuffled, cut } from '../../src/testing/distortions.js'
import { histories } from '../../src/testing/histories.js'
import { modelledClusters } from '../../src/testing/world.js'
import { fold, options, routesOf } from './observed.js'
const t0 = 1767225600000
const show = (e: any): string => e._tag === 'TaskChanged' ? `${e.task.arn.split('/').pop()} v${e.task.version} ${e.task.lastStatus}/${e.task.desiredStatus} at ${(e.task.at - t0) / 1000} ${e.task.health?.status}`
    : e._tag === 'TasksListed' ? `LIST ${e.cluster.split('/').pop()} at ${(e.at - t0) / 1000}: ${e.tasks.map((t: any) => show({ _tag: 'TaskChanged', task: t })).join('; ')}` : e._tag
it('a', () => {
  const expose = servicePorts({ name: () => 'web' })
  const r = fc.check(fc.property(histories().chain((h) => shuffled([...h.lookups, ...h.closing]).map((arrived) => ({ h, arrived }))), ({ arrived }) => {
    const opts = { expose, covers: modelledClusters }
    const end = routesOf(project(fold(arrived), opts)).get('web')
    let state = emptyState
    for (const e of arrived) { state = reduce(state, e); const d = project(state, opts); if (d.backends.get('web')?.complete) deepStrictEqual(routesOf(d).get('web'), end) }
  }), { numRuns: 5000 })
  console.log('A', r.failed, r.counterexample && (r.counterexample[0] as any).arrived.map(show).filter((s: string) => s.includes(' ')).join('\n'))
})
it('b', () => {
  // a restart on a full table, events cut and shuffled, no snapshot: is a live server removed?
  const r = fc.check(fc.property(histories().chain((h) => shuffled(h.events.filter((e) => e._tag === 'TaskChanged')).map((arrived) => ({ h, arrived }))), ({ h, arrived }) => {
    let state = fold(h.lookups)
    for (const e of arrived) {
      state = reduce(state, e)
      const d = project(state, options)
      for (const [name, live] of h.truth) {
        const gone = new Set(d.backends.get(name)?.gone.map((a) => `${a.host}:${a.port}`))
        if (live.some((s) => gone.has(s))) throw new Error('removed ' + name + [...gone].join())
      }
    }
  }), { numRuns: 5000 })
  console.log('B', r.failed, r.counterexample && (r.counterexample[0] as any).arrived.map(show).filter((s: string) => s.includes(' ')).join('\n'))
})
