import { describe, expect, it } from 'vitest'
import {
  type ClusterState,
  clusterStateJoin,
  emptyState,
  type EndpointHealth,
  type Identity,
  type Instance,
  joinDefinition,
  joinHealth,
  joinIdentity,
  joinInstance,
  joinLog,
  joinMark,
  joinRefusal,
  type Mark,
  type Refusal,
} from '../../src/core/cluster-state.js'
import { joinDeployment, type Deployment } from '../../src/core/deployment.js'
import { joinMachine, type Machine } from '../../src/core/machine.js'
import type { PersistentMap } from '../../src/core/persistent-map.js'
import type { TaskDefinition } from '../../src/core/task-definition.js'
import { reduce } from '../../src/core/reduce.js'
import { cluster, observed } from '../support/observed-task.js'

const fail = (): never => {
  throw new Error('expected a mark')
}

/** In either order; `toBe` where the answer is one of the two. */
const joins = <A>(join: (a: A, b: A) => A) => ({
  toOne: (a: A, b: A, one: A) => {
    expect(join(a, b)).toBe(one)
    expect(join(b, a)).toBe(one)
  },
  to: (a: A, b: A, joined: A) => {
    expect(join(a, b)).toEqual(joined)
    expect(join(b, a)).toEqual(joined)
  },
  /** Of two that are equal, the first. */
  same: (a: A) => {
    expect(join(a, structuredClone(a))).toBe(a)
  },
})

describe('the join of two marks', () => {
  const [a, b] = [observed({ id: 'a' }), observed({ id: 'b' })]
  const mark = (order: number, at: number, ...tasks: readonly (typeof a)[]): Mark => {
    const state = reduce(emptyState, { _tag: 'TasksListed', cluster, at, order, tasks })
    return state.marks.get(cluster) ?? fail()
  }
  const shown = ({ order, at, tasks }: Mark) => ({ order, at, tasks: new Map(tasks) })
  const to = (one: Mark, other: Mark, joined: Mark): void => {
    expect(shown(joinMark(one, other))).toEqual(shown(joined))
    expect(shown(joinMark(other, one))).toEqual(shown(joined))
  }

  it('is the newer one', () => {
    const newer = mark(2, 5, b)
    joins(joinMark).toOne(mark(1, 5, a), newer, newer)
    expect(joinMark(newer, mark(2, 5, b))).toBe(newer)
  })

  it('keeps the later time, although the clock jumped back', () => {
    to(mark(1, 9, a), mark(2, 5, b), mark(2, 9, b))
  })

  it('lists, of two of one order, all that either lists', () => {
    to(mark(1, 5, a), mark(1, 7, b), mark(1, 7, a, b))
    const both = mark(1, 5, a, b)
    expect(joinMark(both, mark(1, 5, b))).toBe(both)
    expect(joinMark(both, mark(1, 4, a)).tasks).toBe(both.tasks)
    const later = { ...a, version: 9 }
    to(mark(1, 5, a), mark(1, 5, later), mark(1, 5, later))
    expect(joinMark(mark(1, 5, later), mark(1, 5, a)).tasks.get(a.arn)).toBe(later)
  })
})

describe('the join of two identities', () => {
  const { to, toOne, same } = joins(joinIdentity)
  const of = (order: number, ...clusters: readonly string[]): Identity => ({ order, clusters })

  it('is the newer answer', () => {
    const newer = of(2, 'a')
    toOne(of(1, 'a', 'b'), newer, newer)
  })

  it('has, of two of one order, the clusters of both, in order', () => {
    to(of(1, 'b', 'c'), of(1, 'a', 'c'), of(1, 'a', 'b', 'c'))
    same(of(1, 'a', 'b'))
    const more = of(1, 'a', 'b')
    expect(joinIdentity(more, of(1, 'b'))).toBe(more)
  })
})

it('the join of two refusals is the later one, or that of the greater reason', () => {
  const { toOne, same } = joins<Refusal>(joinRefusal)
  const [early, late, other] = [
    { at: 1, reason: 'z' },
    { at: 2, reason: 'a' },
    { at: 2, reason: 'b' },
  ] as const
  toOne(early, late, late)
  toOne(late, other, other)
  same(late)
})

describe('the join of two instances', () => {
  const { to, toOne, same } = joins<Instance>(joinInstance)
  const machine: Machine = { id: 'i-1', type: 't', zone: 'z', hostName: 'h' }
  const at = (time: number, ipv4?: string, ipv6?: string, told?: Machine): Instance => ({
    at: time,
    addresses: { ipv4, ipv6 },
    machine: told,
  })

  it('has the addresses of the later one, and the machine of any', () => {
    const later = at(2, '10.0.0.2', undefined, machine)
    toOne(at(1, '10.0.0.1', 'fd00::1'), later, later)
    to(at(1, '10.0.0.1', 'fd00::1', machine), at(2, '10.0.0.2'), at(2, '10.0.0.2', undefined, machine))
    same(later)
  })

  it('has the greater of each address, of two of one time', () => {
    to(at(1, '10.0.0.1', 'fd00::1'), at(1, '10.0.0.2'), at(1, '10.0.0.2', 'fd00::1'))
    to(at(1, '10.0.0.1', 'fd00::1'), at(1, '10.0.0.1', 'fd00::2'), at(1, '10.0.0.1', 'fd00::2'))
    const both = at(1, '10.0.0.2', 'fd00::2')
    expect(joinInstance(both, at(1, '10.0.0.1'))).toBe(both)
    expect(joinInstance(both, at(1, undefined, 'fd00::1'))).toBe(both)
  })

  it('has each fact of the machine that either tells, or the greater', () => {
    const of = joins<Machine | undefined>(joinMachine)
    const bare: Machine = { id: 'i-1', type: undefined, zone: undefined, hostName: undefined }
    of.to(machine, bare, machine)
    of.toOne(machine, undefined, machine)
    of.toOne(undefined, undefined, undefined)
    of.same(machine)
    expect(joinMachine(machine, bare)).toBe(machine)
    for (const [name, greater] of Object.entries({ id: 'i-2', type: 'u', zone: 'zz', hostName: 'i' })) {
      const other = { ...machine, [name]: greater }
      of.to(machine, other, other)
      expect(joinMachine(other, machine)).toBe(other)
      of.to({ ...bare, [name]: greater }, machine, other)
    }
  })
})

it('the join of two definitions is the greater, and of two that are equal the first', () => {
  const definition: TaskDefinition = { arn: 'd', networkMode: 'bridge', containers: [] }
  joins(joinDefinition).toOne(definition, { ...definition, networkMode: 'awsvpc' }, definition)
  joins(joinDefinition).same(definition)
})

it('the join of two probes is the later one, and of one time the one that failed', () => {
  const { toOne, same } = joins<EndpointHealth>(joinHealth)
  const [up, down, late] = [
    { at: 1, healthy: true },
    { at: 1, healthy: false },
    { at: 2, healthy: true },
  ] as const
  toOne(up, down, down)
  toOne(down, late, late)
  toOne(up, late, late)
  same(up)
  same(down)
})

it('the join of two places in a log is the later one', () => {
  const [nine, ten] = [{ position: '9' }, { position: '10' }]
  joins(joinLog).toOne(nine, ten, ten)
  joins(joinLog).same(ten)
})

describe('the join of what is known of deployments', () => {
  const { to, toOne, same } = joins<Deployment>(joinDeployment)
  const described = (at: number, reason: string): Deployment['described'] => ({
    at,
    rollout: { _tag: 'AtOnce', reason },
  })

  it('has the later announcement and the newer description', () => {
    const [old, fresh] = [described(1, 'b'), described(2, 'a')]
    to(
      { announcedAt: 9, described: old },
      { announcedAt: 5, described: fresh },
      { announcedAt: 9, described: fresh },
    )
    const all: Deployment = { announcedAt: 9, described: fresh }
    expect(joinDeployment(all, { announcedAt: 5, described: old })).toBe(all)
    expect(joinDeployment(all, { announcedAt: 9, described: undefined })).toBe(all)
    to({ announcedAt: 9, described: undefined }, { announcedAt: 0, described: fresh }, all)
    same(all)
  })

  it('has the greater of two descriptions of one time', () => {
    const greater: Deployment = { announcedAt: 0, described: described(1, 'b') }
    joins<Deployment>(joinDeployment).to(greater, { announcedAt: 0, described: described(1, 'a') }, greater)
    toOne(greater, greater, greater)
  })
})

it('the join of two states joins what each knows of everything', () => {
  const task = observed({ id: 'a' })
  const older = [
    { _tag: 'TaskChanged', task },
    { _tag: 'TasksListed', cluster, at: 1, order: 1, tasks: [] },
    { _tag: 'InstanceDescribed', instance: 'i', at: 1, addresses: { ipv4: 'a', ipv6: undefined } },
    { _tag: 'DefinitionDescribed', definition: { arn: 'd', networkMode: 'bridge', containers: [] } },
    { _tag: 'DeploymentAnnounced', service: 's', at: 1 },
    { _tag: 'HealthObserved', endpoint: 'e', at: 1, healthy: true },
    { _tag: 'ClusterIdentified', named: 'n', order: 1, clusters: [] },
    { _tag: 'LookupRefused', key: 'k', at: 1, reason: 'r' },
    { _tag: 'LogRead', log: 'l', position: '1' },
  ] as const
  const newer = [
    { _tag: 'TaskChanged', task: { ...task, version: 4 } },
    { _tag: 'TasksListed', cluster, at: 2, order: 2, tasks: [task] },
    { _tag: 'InstanceDescribed', instance: 'i', at: 2, addresses: { ipv4: 'b', ipv6: undefined } },
    { _tag: 'DefinitionDescribed', definition: { arn: 'd', networkMode: 'host', containers: [] } },
    { _tag: 'DeploymentAnnounced', service: 's', at: 2 },
    { _tag: 'HealthObserved', endpoint: 'e', at: 2, healthy: false },
    { _tag: 'ClusterIdentified', named: 'n', order: 2, clusters: ['c'] },
    { _tag: 'LookupRefused', key: 'k', at: 2, reason: 'r' },
    { _tag: 'LogRead', log: 'l', position: '2' },
  ] as const
  const shown = (state: ClusterState) =>
    Object.entries<PersistentMap<object>>({ ...state }).map(([name, map]) => [name, Array.from(map)])
  const [a, b] = [older.reduce(reduce, emptyState), newer.reduce(reduce, emptyState)]
  const both = shown(newer.reduce(reduce, a))
  expect(both.every(([, entries]) => entries?.length === 1)).toBe(true)
  expect(shown(clusterStateJoin.join(a, b))).toEqual(both)
  expect(shown(clusterStateJoin.join(b, a))).toEqual(both)
  expect(shown(clusterStateJoin.join(emptyState, b))).toEqual(shown(b))
  expect(shown(clusterStateJoin.join(b, emptyState))).toEqual(shown(b))
})
