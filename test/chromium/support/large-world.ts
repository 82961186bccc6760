import { emptyState } from '../../../src/core/cluster-state.js'
import type { ClusterEvent } from '../../../src/core/event.js'
import { explainedTarget } from '../../../src/core/explain/explained-target.js'
import { projector } from '../../../src/core/project.js'
import { reduce } from '../../../src/core/reduce.js'
import type { InspectedWorld } from '../../../src/inspector/inspected-world.js'
import { nothingObserved } from '../../../src/inspector/observed.js'
import { servicePorts } from '../../../src/policies/service-ports.js'
import { memory } from '../../../src/sinks/memory.js'
import { cluster, observed } from '../../support/observed-task.js'

const services = 10_000
const tasksOfEach = 10
const start = Date.UTC(2026, 0, 2)

const changed = (n: number, version: number): ClusterEvent => ({
  _tag: 'TaskChanged',
  task: observed({
    id: n.toString(16).padStart(32, '0'),
    service: `service-${String(n % services).padStart(5, '0')}`,
    host: `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`,
    version,
    at: start + version,
    ...(version % 2 === 0 ? { last: 'STOPPED', desired: 'STOPPED' } : {}),
  }),
})

/** 100,000 tasks of 10,000 backends, of which one changes whenever it is told to. */
export const largeWorld = (): { readonly world: () => InspectedWorld; readonly change: () => void } => {
  const options = { expose: servicePorts(), covers: [cluster] }
  const project = projector(options)
  const listed: ClusterEvent = {
    _tag: 'TasksListed',
    cluster,
    at: start,
    tasks: Array.from({ length: services * tasksOfEach }, (_, n) => changed(n, 3)).flatMap((event) =>
      event._tag === 'TaskChanged' ? [event.task] : [],
    ),
  }
  let state = reduce(emptyState, listed)
  let revision = 1
  const made = (): InspectedWorld => ({
    state,
    options,
    desired: project(state, revision),
    targets: [explainedTarget(memory({ name: 'table' }), [], project(state, revision), { owner: 'ours' })],
    now: start + 60_000 + revision,
    observed: { ...nothingObserved, worker: 'large', version: '0', startedAt: start, revision },
  })
  let world = made()
  return {
    world: () => world,
    change: () => {
      revision++
      state = reduce(state, changed(revision % 50, 2 + revision))
      // The target is as before: to plan 10,000 records anew is not what is measured.
      world = {
        ...world,
        state,
        desired: project(state, revision),
        now: world.now + 250,
        observed: { ...world.observed, revision },
      }
    },
  }
}
