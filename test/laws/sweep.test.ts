import { describe, expect, it } from 'vitest'
import { type ClusterState, emptyState } from '../../src/core/cluster-state.js'
import type { ClusterEvent } from '../../src/core/event.js'
import { PersistentMap } from '../../src/core/persistent-map.js'
import { reduce } from '../../src/core/reduce.js'
import { defaultRemember, sweep, sweepInSlices, type SweepOptions } from '../../src/core/sweep.js'
import { sliceSize } from '../../src/core/sliced.js'
import type { Task } from '../../src/core/task.js'
import { cluster, observed } from '../support/observed-task.js'

const skewAllowanceMs = 10
const remember = 1000
const now = 100_000

/** The newest event, which bounds what time it may be. */
const awake: Task = observed({ id: 'awake', cluster: 'elsewhere:cluster/e', at: now })
const stopped = (at: number): Task => observed({ id: 'a', at, last: 'STOPPED', desired: 'STOPPED' })
const changed = (task: Task): ClusterEvent => ({ _tag: 'TaskChanged', task })
const listed = (at: number, tasks: readonly Task[] = []): ClusterEvent => ({
  _tag: 'TasksListed',
  cluster,
  at,
  order: 1,
  tasks,
})
const stateOf = (events: readonly ClusterEvent[]): ClusterState => events.reduce(reduce, emptyState)
const swept = (events: readonly ClusterEvent[], options: Partial<SweepOptions> = {}): ClusterState =>
  sweep(stateOf([changed(awake), ...events]), { skewAllowanceMs, remember, now, settled: true, ...options })
const keysOf = (map: PersistentMap<object>): readonly string[] => [...map.keys()].sort()

const { arn } = observed({ id: 'a' })
const bare = { containers: [], interface: undefined, health: undefined }

describe('a task of a cluster with snapshots', () => {
  const running = observed({ id: 'a', at: now - 100 })
  const unhealthy: Task = { ...running, health: { at: 1, status: 'UNHEALTHY' } }

  it('is forgotten if a snapshot rules it out at twice the allowance', () => {
    expect(swept([changed(running), listed(now - 80)]).tasks.has(arn)).toBe(true)
    expect(swept([changed(running), listed(now - 79)]).tasks.has(arn)).toBe(false)
    expect(swept([changed(running), listed(now - 79)], { settled: false }).tasks.has(arn)).toBe(false)
    expect(swept([listed(now, [running])]).tasks.has(arn)).toBe(true)
  })

  it('is remembered for longer if it is known to be unhealthy', () => {
    const task = { ...unhealthy, at: 10 }
    expect(swept([changed(task), listed(10 + remember)]).tasks.has(arn)).toBe(true)
    expect(swept([changed(task), listed(11 + remember)]).tasks.has(arn)).toBe(false)
    const short = { remember: 1 }
    expect(swept([changed(task), listed(30)], short).tasks.has(arn)).toBe(true)
    expect(swept([changed(task), listed(31)], short).tasks.has(arn)).toBe(false)
  })

  it('is not forgotten, nor reduced, because it has stopped', () => {
    const task = stopped(now - 50_000)
    expect(swept([listed(now, [task])]).tasks.get(arn)).toEqual(task)
  })
})

describe('a task of a cluster without snapshots', () => {
  it('is reduced to a tombstone at twice the allowance after it has stopped', () => {
    const end = { version: 3, stopCode: 'UserInitiated', reason: undefined, containers: [] }
    const task = { ...stopped(now - 21), end }
    const { end: _, ...kept } = task
    expect(swept([changed(task)]).tasks.get(arn)).toEqual({ ...kept, ...bare })
    expect(swept([changed(task)], { settled: false }).tasks.get(arn)).toEqual(task)
    const recent = stopped(now - 20)
    expect(swept([changed(recent)]).tasks.get(arn)).toEqual(recent)
  })

  it('is forgotten when it has been stopped for as long as events may be late', () => {
    expect(swept([changed(stopped(now - remember))]).tasks.has(arn)).toBe(true)
    expect(swept([changed(stopped(now - remember - 1))]).tasks.has(arn)).toBe(false)
    expect(swept([changed(stopped(now - remember - 1))], { settled: false }).tasks.has(arn)).toBe(true)
  })

  it('is neither while it runs, or is unhealthy', () => {
    const running = observed({ id: 'a', at: 1 })
    expect(swept([changed(running)]).tasks.get(arn)).toEqual(running)
    const unhealthy: Task = { ...stopped(1), health: { at: 1, status: 'UNHEALTHY' } }
    expect(swept([changed(unhealthy)]).tasks.get(arn)).toEqual(unhealthy)
  })

  it('remembers for fifteen days if nobody says how long', () => {
    const days = 15 * 24 * 3_600_000
    expect(defaultRemember).toBe(days)
    const late = days + now
    const events = [changed({ ...awake, at: late }), changed(stopped(now))]
    const options = { skewAllowanceMs, settled: true }
    expect(sweep(stateOf(events), { ...options, now: late }).tasks.has(arn)).toBe(true)
    const later = [changed({ ...awake, at: late + 1 }), changed(stopped(now))]
    expect(sweep(stateOf(later), { ...options, now: late + 1 }).tasks.has(arn)).toBe(false)
  })

  it('is judged by the earlier of the time here and the newest event', () => {
    expect(swept([changed(stopped(now - 5000))], { now: now - 4000 }).tasks.has(arn)).toBe(true)
    expect(swept([changed(stopped(now - 500))], { now: now + 1_000_000 }).tasks.has(arn)).toBe(true)
  })

  it.each<[string, Partial<Task>]>([
    ['containers', { interface: undefined }],
    ['an interface', { containers: [] }],
    ['health', { containers: [], interface: undefined, health: { at: 1, status: 'HEALTHY' } }],
    [
      'an end',
      {
        containers: [],
        interface: undefined,
        end: { version: 1, stopCode: 'x', reason: undefined, containers: [] },
      },
    ],
  ])('is the same tombstone when it is reduced again, and none of one that has %s', (_, what) => {
    const task: Task = { ...stopped(now - 100), ...what }
    const once = swept([changed(task)])
    expect(once.tasks.get(arn)).not.toBe(task)
    expect(once.tasks.get(arn)).toMatchObject(bare)
    const again = sweep(once, { skewAllowanceMs, remember, now, settled: true })
    expect(again.tasks).toBe(once.tasks)
  })
})

describe('what tasks refer to', () => {
  const definition = 'arn:aws:ecs:r:1:task-definition/web:1'
  const instance = 'arn:aws:ecs:r:1:container-instance/staging/i'
  const others: readonly ClusterEvent[] = [
    {
      _tag: 'InstanceDescribed',
      instance: 'arn:aws:ecs:r:1:container-instance/staging/j',
      at: 1,
      addresses: { ipv4: 'b', ipv6: undefined },
    },
    {
      _tag: 'DefinitionDescribed',
      definition: { arn: 'arn:aws:ecs:r:1:task-definition/web:2', networkMode: 'host', containers: [] },
    },
    { _tag: 'DeploymentAnnounced', service: 'arn:other', at: 1 },
    { _tag: 'HealthObserved', endpoint: 'another#app:80/tcp', at: 1, healthy: false },
    { _tag: 'LookupRefused', key: 'arn:aws:ecs:r:1:container-instance/staging/j', at: 1, reason: 'r' },
    { _tag: 'LookupRefused', key: 'arn:aws:ecs:r:1:task-definition/web:2', at: 1, reason: 'r' },
    { _tag: 'LookupRefused', key: 'arn:aws:ecs:r:1:daemon-task-definition/d:2', at: 1, reason: 'r' },
  ]
  const service = `${cluster.replace(':cluster/', ':service/')}/web`
  const own: readonly ClusterEvent[] = [
    { _tag: 'InstanceDescribed', instance, at: 1, addresses: { ipv4: 'a', ipv6: undefined } },
    { _tag: 'DefinitionDescribed', definition: { arn: definition, networkMode: 'host', containers: [] } },
    { _tag: 'DeploymentAnnounced', service, at: 1 },
    { _tag: 'HealthObserved', endpoint: `${arn}#app:80/tcp`, at: 1, healthy: false },
    { _tag: 'LookupRefused', key: instance, at: 1, reason: 'r' },
    { _tag: 'LookupRefused', key: definition, at: 1, reason: 'r' },
    { _tag: 'LookupRefused', key: cluster, at: 1, reason: 'r' },
    { _tag: 'ClusterIdentified', named: 'staging', order: 1, clusters: [cluster] },
    { _tag: 'LogRead', log: 'l', position: '1' },
  ]
  const task: Task = { ...observed({ id: 'a', at: now - 100 }), definition, instance, startedBy: 'ecs-svc/1' }
  const shown = (state: ClusterState) => ({
    instances: keysOf(state.instances),
    definitions: keysOf(state.definitions),
    deployments: keysOf(state.deployments),
    health: keysOf(state.health),
    refusals: keysOf(state.refusals),
    identities: keysOf(state.identities),
    logs: keysOf(state.logs),
  })
  const whole = {
    instances: [instance],
    definitions: [definition],
    deployments: [service],
    health: [`${arn}#app:80/tcp`],
    refusals: [cluster, instance, definition].sort(),
    identities: ['staging'],
    logs: ['l'],
  }

  it('is kept, and all else that can be looked up again is forgotten', () => {
    expect(shown(swept([changed(task), ...own, ...others]))).toEqual(whole)
  })

  it('is forgotten with the last of them; what nobody looks up is kept', () => {
    const state = swept([changed(task), listed(now), ...own])
    expect(state.tasks.has(arn)).toBe(false)
    expect(shown(state)).toEqual({
      ...whole,
      instances: [],
      definitions: [],
      deployments: [],
      health: [],
      refusals: [cluster],
    })
  })

  it('is kept for a tombstone, but for its probes', () => {
    const gone = { ...task, lastStatus: 'STOPPED', desiredStatus: 'STOPPED' }
    expect(shown(swept([changed(gone), ...own]))).toEqual({ ...whole, health: [] })
  })

  it('is the very same map where nothing is forgotten', () => {
    const before = stateOf([changed(awake), changed(task), listed(now, [task]), ...own])
    expect(sweep(before, { skewAllowanceMs, now, settled: true })).toEqual(before)
    const after = sweep(before, { skewAllowanceMs, now, settled: true })
    for (const [name, map] of Object.entries<PersistentMap<object>>({ ...before }))
      expect(Object.entries<PersistentMap<object>>({ ...after })).toContainEqual([name, map])
  })
})

describe('the mark of a cluster', () => {
  it('is kept while it is followed, or has a task', () => {
    const task = observed({ id: 'a', at: now })
    const follows = () => false
    expect(keysOf(swept([listed(now)]).marks)).toEqual([cluster])
    expect(keysOf(swept([listed(now)], { follows }).marks)).toEqual([])
    expect(keysOf(swept([listed(now, [task])], { follows }).marks)).toEqual([cluster])
    expect(keysOf(swept([listed(now)], { follows: (one) => one === cluster }).marks)).toEqual([cluster])
  })
})

it('lets others run after each slice of tasks, and of what is looked through faster', () => {
  const many = 4 * sliceSize
  const task = observed({ id: 'a' })
  const mapOf = <V extends object>(count: number, value: V) =>
    Array.from({ length: count }).reduce<PersistentMap<V>>(
      (map, _, i) => map.set(`${i}#`, value),
      PersistentMap.empty(),
    )
  const pauses = (tasks: number, endpoints: number): number => {
    const state = {
      ...emptyState,
      tasks: mapOf(tasks, task),
      health: mapOf(endpoints, { at: 1, healthy: true }),
    }
    return [...sweepInSlices(state, { skewAllowanceMs, now, settled: true })].length
  }
  expect(pauses(sliceSize, 0)).toBe(1)
  expect(pauses(many - 1, many - 1)).toBe(3)
  expect(pauses(many, many)).toBe(4 + 1 + 1)
})
