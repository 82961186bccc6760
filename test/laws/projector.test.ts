/** What a projection keeps from one state to the next, with the right values. */
import { describe, expect, it } from 'vitest'
import { type ClusterState, emptyState } from '../../src/core/cluster-state.js'
import type { Desired } from '../../src/core/desired.js'
import type { ClusterEvent } from '../../src/core/event.js'
import type { Policy } from '../../src/core/policy.js'
import { project, type ProjectOptions, projector, projectorInSlices } from '../../src/core/project.js'
import { reduce } from '../../src/core/reduce.js'
import type { Sliced } from '../../src/core/sliced.js'
import type { Task } from '../../src/core/task.js'
import { servicePorts } from '../../src/policies/service-ports.js'
import { cluster, observed } from '../support/observed-task.js'

const changed = (task: Task): ClusterEvent => ({ _tag: 'TaskChanged', task })
const listed = (at: number, ...tasks: readonly Task[]): ClusterEvent => ({
  _tag: 'TasksListed',
  cluster,
  at,
  tasks,
})
const stopped = (task: Task): ClusterEvent =>
  changed({ ...task, version: 9, desiredStatus: 'STOPPED', lastStatus: 'STOPPED' })
const described = (arn: string): ClusterEvent => ({
  _tag: 'DefinitionDescribed',
  definition: {
    arn,
    networkMode: 'bridge',
    containers: [{ name: 'web', image: undefined, ports: [], labels: {}, environment: {} }],
  },
})

/** All services under the names that `names` gives to each of them. */
const naming = (names: (service: string) => readonly string[], more: Partial<Policy> = {}): Policy => ({
  expose: ({ group = '', containers }) => ({
    _tag: 'Ports',
    ports: names(group).flatMap((backend) =>
      containers.flatMap(({ name, bindings }) =>
        bindings.map(({ containerPort, hostPort, protocol }) => ({
          backend,
          container: name,
          containerPort,
          port: hostPort,
          protocol,
        })),
      ),
    ),
  }),
  ...more,
})

/** A projection that goes along with a fold. */
const following = (options: Partial<ProjectOptions> = {}) => {
  const next = projector({ expose: servicePorts(), covers: [cluster], ...options })
  let state: ClusterState = emptyState
  let revision = 0
  return {
    /** What is desired after these events, which is what a projection from scratch says. */
    after: (...events: readonly ClusterEvent[]): Desired => {
      state = events.reduce(reduce, state)
      return next(state, ++revision)
    },
    scratch: () => project(state, { expose: servicePorts(), covers: [cluster], ...options }),
  }
}

const hostsIn = ({ backends }: Desired, name = 'web') => backends.get(name)?.endpoints.map(({ host }) => host)
const told = ({ unresolved }: Desired, { arn }: Task) => unresolved.get(arn)

const one = observed({ id: 'one', host: '10.0.0.1' })
const two = observed({ id: 'two', host: '10.0.0.2' })
const api = observed({ id: 'api', host: '10.0.0.3', service: 'api' })

describe('a projection', () => {
  it('has the revision that it was given, and what is known of the clusters', () => {
    const { after } = following()
    expect(after(changed(one))).toMatchObject({ revision: 1, complete: false, awaited: [cluster] })
    const desired = after(listed(5000, one))
    expect(desired).toMatchObject({ revision: 2, complete: true, awaited: [] })
    expect([...desired.readings]).toEqual([[cluster, 5000]])
    expect(project(emptyState, { expose: servicePorts(), covers: [] })).toMatchObject({
      revision: 0,
      complete: false,
      awaited: [],
    })
  })

  it('changes the backends of tasks that changed, and keeps the others as they are', () => {
    const { after } = following()
    const before = after(listed(5000, one, api))
    expect(before.backends.get('web')).toMatchObject({ complete: true, gone: [] })
    const next = after(changed(two))
    expect(hostsIn(next)).toEqual(['10.0.0.1', '10.0.0.2'])
    expect(next.backends.get('api')).toBe(before.backends.get('api'))
    expect(after().backends).toBe(next.backends)
    expect(after(changed(two)).backends).toBe(next.backends)
    expect(hostsIn(after(stopped(one)))).toEqual(['10.0.0.2'])
  })

  it('forgets a backend that no task claims any more', () => {
    const next = projector({ expose: servicePorts(), covers: [cluster] })
    const state = [listed(5000, one, api)].reduce(reduce, emptyState)
    expect([...next(state, 1).backends.keys()].sort()).toEqual(['api', 'web'])
    const swept = next({ ...state, tasks: state.tasks.delete(one.arn) }, 2)
    expect([...swept.backends.keys()]).toEqual(['api'])
    expect(hostsIn(next(state, 3))).toEqual(['10.0.0.1'])
  })

  it('makes every backend complete with the first snapshot, and none before', () => {
    const { after } = following()
    const before = after(changed(one), changed(api), stopped(two))
    expect([...before.backends.values()].map(({ complete }) => complete)).toEqual([false, false])
    // In a covered cluster, nothing is removed before.
    expect(before.backends.get('web')?.gone).toEqual([])
    const all = after(listed(100, one, api, two))
    expect([...all.backends.values()].map(({ complete }) => complete)).toEqual([true, true])
  })

  it('tells whose claims have changed, with the names before and after', () => {
    const heard: [string, string[]][] = []
    let names = ['a', 'b']
    const { after } = following({
      expose: naming(() => names),
      onClaims: (task, backends) => heard.push([task, [...backends].sort()]),
    })
    after(changed(one))
    expect(heard.splice(0)).toEqual([[one.arn, ['a', 'b']]])
    names = ['b', 'c']
    after(changed({ ...one, version: 4, interface: { version: 4, ipv4: '10.0.0.9', ipv6: undefined } }))
    expect(heard.splice(0)).toEqual([[one.arn, ['a', 'b', 'c']]])
    after(changed({ ...one, version: 5, containers: [] }))
    after(changed(observed({ id: 'new', last: 'PENDING' })))
    expect(heard.filter(([task]) => task !== one.arn)).toEqual([])
  })
})

describe('a name that several services claim', () => {
  const expose = naming(() => ['web'])

  it('is reported for those that do not get it, with the holder, until they do', () => {
    const { after } = following({ expose })
    const both = after(listed(5000, one, api))
    expect(hostsIn(both)).toEqual(['10.0.0.3'])
    expect(told(both, api)).toBeUndefined()
    expect(told(both, one)).toEqual({
      task: one.arn,
      cluster,
      why: 'name-taken',
      detail: `backend "web" belongs to ${cluster} service:api: give one of them another name in the policy`,
    })
    const ended = after(stopped(api))
    expect(hostsIn(ended)).toEqual(['10.0.0.1'])
    expect(ended.unresolved.size).toBe(0)
    const again = after(changed(observed({ id: 'other', service: 'api', host: '10.0.0.4' })))
    expect(hostsIn(again)).toEqual(['10.0.0.4'])
    expect(told(again, one)?.why).toBe('name-taken')
  })

  it('is shared if the policy pools', () => {
    const { after } = following({ expose: { ...expose, pooled: true } })
    const both = after(listed(5000, one, api))
    expect(hostsIn(both)).toEqual(['10.0.0.1', '10.0.0.3'])
    expect(both.unresolved.size).toBe(0)
  })

  it('is the least one of those that are reported, in any order', () => {
    const names = (group: string) => (group === 'service:api' ? ['b', 'c', 'a'] : ['c', 'b', 'own'])
    const { after } = following({ expose: naming(names) })
    expect(told(after(listed(5000, one, api)), one)?.detail).toContain('backend "b" belongs')
    const less = { ...api, version: 9, group: 'service:ap' }
    // The service has another name now, and what it claims is what all others claim.
    expect(told(after(changed(less)), one)?.detail).toContain('backend "b" belongs')
    expect(after(stopped(less)).unresolved.size).toBe(0)
  })

  it('is the least one also after only another one has changed', () => {
    const names = (group: string) =>
      group === 'service:web' ? ['a', 'b'] : group === 'service:api' ? ['a'] : ['b']
    const { after } = following({ expose: naming(names) })
    const least = observed({ id: 'least', service: 'ap', host: '10.0.0.4' })
    expect(told(after(listed(5000, one, api, least)), one)?.detail).toContain('backend "a" belongs')
    expect(told(after(changed({ ...least, version: 9, zone: 'b1' })), one)?.detail).toContain('backend "a"')
    expect(told(after(stopped(api)), one)?.detail).toContain(`backend "b" belongs to ${cluster} service:ap:`)
    expect(after(stopped(least)).unresolved.size).toBe(0)
  })

  it('is not reported of a task that claims it no longer', () => {
    const { after } = following({ expose })
    after(listed(5000, one, api))
    expect(after(stopped(one)).unresolved.size).toBe(0)
    expect(after(changed(two)).unresolved.size).toBe(1)
  })

  it('comes before what else the task lacks, and is followed by it', () => {
    const some: Policy = {
      expose: (task, definition) => {
        const exposure = expose.expose(task, definition)
        return exposure._tag === 'Ports' ? { ...exposure, refused: ['another port'] } : exposure
      },
    }
    const { after } = following({ expose: some })
    expect(told(after(listed(5000, one)), one)).toMatchObject({ why: 'refused', detail: 'another port' })
    expect(told(after(changed(api)), one)?.why).toBe('name-taken')
    expect(told(after(stopped(api)), one)).toMatchObject({ why: 'refused', detail: 'another port' })
  })
})

describe('a task that cannot be placed', () => {
  const needy = (backends: 'any' | readonly string[]): Policy => ({
    expose: (task, definition) =>
      definition === undefined && task.definition !== undefined
        ? { _tag: 'NeedsDefinition', backends }
        : naming(() => ['web']).expose(task, definition),
  })
  const waits = { ...two, definition: 'web:1' }

  it('is reported until it can be', () => {
    const { after } = following({ expose: needy(['web']) })
    const before = after(listed(5000, one, waits))
    expect(told(before, waits)?.why).toBe('task-definition')
    expect(before.backends.get('web')).toMatchObject({ complete: false })
    const next = after(described('web:1'))
    expect(next.unresolved.size).toBe(0)
    expect(next.backends.get('web')).toMatchObject({ complete: true })
    expect(hostsIn(next)).toEqual(['10.0.0.1', '10.0.0.2'])
  })

  it('keeps all incomplete while it may belong to any backend, and keeps its host', () => {
    const { after } = following({ expose: needy('any') })
    expect(after(listed(5000, one)).complete).toBe(true)
    const unsure = after(changed(waits), stopped(one), stopped({ ...two, arn: `${two.arn}-before` }))
    expect(unsure.complete).toBe(false)
    expect(unsure.backends.get('web')).toMatchObject({
      complete: false,
      gone: [{ host: '10.0.0.1', port: 32768 }],
    })
    const sure = after(described('web:1'))
    expect(sure.complete).toBe(true)
    expect(sure.backends.get('web')).toMatchObject({ complete: true, gone: [] })
  })

  it('keeps what its host has only while it is there', () => {
    const { after } = following({ expose: needy('any') })
    const another = { ...api, definition: 'api:1' }
    const gone = { ...two, arn: `${two.arn}-before` }
    const both = after(listed(5000, one), changed(waits), changed(another), stopped(gone))
    expect(both.backends.get('web')).toMatchObject({ complete: false, gone: [] })
    // Another task still waits, so that only the hosts differ.
    const next = after(stopped(waits))
    expect(next.complete).toBe(false)
    expect(next.backends.get('web')?.gone).toEqual([{ host: '10.0.0.2', port: 32768 }])
    // No backend that has nothing to remove is made anew for it.
    const third = { ...observed({ id: 'third', service: 'mail', host: '10.0.0.4' }), definition: 'mail:1' }
    expect(after(changed(third)).backends.get('web')).toBe(next.backends.get('web'))
  })

  it('may be refused for ever: its host is not judged, and the rest is complete', () => {
    const { after } = following({ expose: needy('any') })
    after(listed(5000, one), changed(waits))
    const refused = after({ _tag: 'LookupRefused', key: 'web:1', reason: 'denied', at: 1 })
    expect(refused.complete).toBe(true)
    expect([...refused.unjudged]).toEqual(['10.0.0.2'])
    expect(told(refused, waits)?.why).toBe('lookup-refused')
    const ended = after(stopped(waits))
    expect([...ended.unjudged]).toEqual([])
    expect(ended.unresolved.size).toBe(0)
  })
})

describe('what is known of clusters', () => {
  it('is learnt when a cluster is refused, or identified', () => {
    const { after } = following({ covers: ['staging'] })
    expect(after(listed(5000, one)).complete).toBe(true)
    const identified = after({
      _tag: 'ClusterIdentified',
      named: 'staging',
      clusters: [cluster, `${cluster}-2`],
      order: 1,
    })
    expect(identified).toMatchObject({ complete: false, awaited: [`${cluster}-2`] })
    const refused = after({ _tag: 'LookupRefused', key: `${cluster}-2`, reason: 'denied', at: 1 })
    expect(refused).toMatchObject({ complete: false, awaited: [] })
    const next = after(listed(6000, one))
    expect([...next.readings]).toEqual([[cluster, 6000]])
  })

  it('makes backends anew only if it tells something new of them', () => {
    const { after } = following()
    const first = after(listed(5000, one))
    const second = after(listed(6000, one))
    expect(second.backends).toBe(first.backends)
    expect([...second.readings]).toEqual([[cluster, 6000]])
  })
})

describe('the options', () => {
  it('say how unhealthy tasks are treated, and whether a task waits to be HEALTHY', () => {
    const sick: Task = { ...one, health: { at: 1, status: 'UNHEALTHY' } }
    expect(hostsIn(following().after(listed(5000, sick)))).toEqual([])
    expect(hostsIn(following({ unhealthy: 'keep-the-last' }).after(listed(5000, sick)))).toEqual(['10.0.0.1'])
    const unasked = { ...one, definition: 'web:1' }
    expect(hostsIn(following().after(changed(unasked)))).toEqual(['10.0.0.1'])
    expect(hostsIn(following({ healthChecks: 'required' }).after(changed(unasked)))).toEqual([])
  })

  it('say by how much clocks differ', () => {
    const events = [changed({ ...one, at: 1000 }), listed(30_000)]
    expect(hostsIn(following().after(...events))).toEqual(['10.0.0.1'])
    expect(hostsIn(following({ skewAllowanceMs: 28_999 }).after(...events))).toEqual([])
  })
})

describe('others have their turn', () => {
  const services = (count: number, service: (i: number) => string): readonly Task[] =>
    Array.from({ length: count }, (_, i) => observed({ id: `t${i}`, service: service(i), port: i + 1 }))
  const turnsOf = (work: Sliced<Desired>): number => {
    let turns = 0
    while (work.next().done !== true) turns++
    return turns
  }
  const inSlices = () => projectorInSlices({ expose: servicePorts(), covers: [cluster] })

  it('after each five hundred tasks, and each five hundred backends and endpoints', () => {
    const turns = (tasks: readonly Task[]): number =>
      turnsOf(inSlices()(tasks.map(changed).reduce(reduce, emptyState), 1))
    // A pass over the differences, one over the tasks, and one over the backends, which counts them and their endpoints.
    expect(turns(services(499, (i) => `s${i}`))).toBe(0 + 0 + 1)
    expect(turns(services(501, (i) => `s${i}`))).toBe(1 + 1 + 2)
    expect(turns(services(1000, () => 'web'))).toBe(1 + 2 + 0)
  })

  it.each([
    ['endpoints', (task: Task) => task],
    ['addresses to remove', (task: Task) => ({ ...task, desiredStatus: 'STOPPED' })],
  ])('less often for a snapshot that tells nothing new of six hundred backends with %s', (_, made) => {
    const tasks = services(600, (i) => `s${i}`).map(made)
    const next = inSlices()
    const first = reduce(emptyState, listed(5000, ...tasks))
    expect(turnsOf(next(first, 1))).toBeGreaterThan(2)
    expect(turnsOf(next(reduce(first, listed(6000, ...tasks)), 2))).toBe(0)
  })

  it('less often for another host of a task without a name, if no backend has anything to remove', () => {
    const needy: Policy = {
      expose: (task, definition) =>
        task.definition === undefined
          ? servicePorts().expose(task, definition)
          : { _tag: 'NeedsDefinition', backends: 'any' },
    }
    const next = projectorInSlices({ expose: needy, covers: [cluster] })
    const waits = { ...one, definition: 'web:1' }
    const first = reduce(emptyState, listed(5000, waits, ...services(300, (i) => `s${i}`)))
    expect(turnsOf(next(first, 1))).toBe(1)
    expect(turnsOf(next(reduce(first, changed({ ...two, definition: 'web:1' })), 2))).toBe(0)
  })
})
