import { deepStrictEqual, strictEqual } from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Binding } from '../../src/core/binding.js'
import {
  canonicalBindings,
  canonicalContainers,
  compareBindings,
  type Container,
  hasBeenHealthy,
  type Interface,
  joinTask,
  sameContainerStatuses,
  sameHealth,
  sameSite,
  sameTask,
  type Task,
  type TaskHealth,
} from '../../src/core/task.js'
import { joinEnd } from '../../src/core/task-end.js'
import { lifecycleRank } from '../../src/core/task-status.js'
import { anyTask } from '../../src/testing/any-event.js'
import { observed } from '../support/observed-task.js'
import { holds, refutation } from './holds.js'

const one = anyTask.map((task): Task => ({ ...task, arn: 'task' }))

/** Of two, the last by an order of texts or numbers in which nothing is least. */
const last = <A extends string | number>(...all: readonly (A | undefined)[]): A | undefined =>
  all
    .filter((value) => value !== undefined)
    .sort((a, b) => (a < b ? -1 : 1))
    .at(-1)

const lastStatus = (...all: readonly string[]): string =>
  [...all].sort((a, b) => lifecycleRank(a) - lifecycleRank(b) || (a < b ? -1 : 1)).at(-1) ?? ''

/** Those of the highest version. */
const newest = <A extends { readonly version: number }>(...all: readonly A[]): readonly A[] =>
  all.filter(({ version }) => version === Math.max(...all.map((each) => each.version)))

const grouped = <A>(all: readonly A[], keyOf: (item: A) => string): readonly (readonly A[])[] =>
  [...new Set(all.map(keyOf))].sort().map((key) => all.filter((item) => keyOf(item) === key))

const plainBindings = (all: readonly Binding[]): readonly Binding[] =>
  grouped(
    all,
    ({ protocol, containerPort }) => `${protocol} ${String(containerPort).padStart(5, '0')}`,
  ).flatMap((same) => [...same].sort((a, b) => b.hostPort - a.hostPort || b.count - a.count).slice(0, 1))

const plainContainers = (all: readonly Container[]): readonly Container[] =>
  grouped(all, ({ name }) => name).map((same) => {
    const latest = newest(...same)
    const bindingsVersion = Math.max(...same.map((each) => each.bindingsVersion))
    return {
      name: same[0]?.name ?? '',
      arn: last(...same.map(({ arn }) => arn)),
      version: latest[0]?.version ?? 0,
      lastStatus: lastStatus(...latest.map((each) => each.lastStatus)),
      runtimeId: last(...latest.map(({ runtimeId }) => runtimeId)),
      bindingsVersion,
      bindings: plainBindings(
        same.flatMap((each) => (each.bindingsVersion === bindingsVersion ? each.bindings : [])),
      ),
    }
  })

const plainHealth = (all: readonly TaskHealth[]): TaskHealth | undefined => {
  const ranks = ['UNKNOWN', 'HEALTHY', 'UNHEALTHY']
  const latest = [...all]
    .sort((a, b) => a.at - b.at || ranks.indexOf(a.status) - ranks.indexOf(b.status))
    .at(-1)
  if (latest === undefined) return undefined
  const { at, status } = latest
  const wasHealthy = status !== 'HEALTHY' && all.some(hasBeenHealthy)
  return { at, status, ...(wasHealthy && { wasHealthy }) }
}

const plainInterface = (all: readonly Interface[]): Interface | undefined => {
  const latest = newest(...all)
  const version = latest[0]?.version
  return version === undefined
    ? undefined
    : {
        version,
        ipv4: last(...latest.map(({ ipv4 }) => ipv4)),
        ipv6: last(...latest.map(({ ipv6 }) => ipv6)),
      }
}

/** The join as its comment says it: register by register, and without a thought of what it costs. */
const plainJoin = (a: Task, b: Task): Task => {
  const both = [a, b]
  const latest = newest(a, b)
  const end = joinEnd(a.end, b.end)
  return {
    arn: a.arn,
    cluster: a.cluster,
    group: last(a.group, b.group),
    definition: last(a.definition, b.definition),
    instance: last(a.instance, b.instance),
    launchType: last(a.launchType, b.launchType),
    capacityProvider: last(a.capacityProvider, b.capacityProvider),
    zone: last(a.zone, b.zone),
    startedBy: last(a.startedBy, b.startedBy),
    createdAt: last(a.createdAt, b.createdAt),
    version: Math.max(a.version, b.version),
    at: Math.max(...latest.map(({ at }) => at)),
    lastStatus: lastStatus(...latest.map((each) => each.lastStatus)),
    desiredStatus: lastStatus(...latest.map((each) => each.desiredStatus)),
    interface: plainInterface(both.flatMap((each) => each.interface ?? [])),
    containers: plainContainers(both.flatMap(({ containers }) => containers)),
    health: plainHealth(both.flatMap(({ health }) => health ?? [])),
    ...(end !== undefined && { end }),
  }
}

const pairs = fc.tuple(one, one)

const isPlain = (join: typeof joinTask) =>
  fc.property(pairs, ([a, b]) => {
    deepStrictEqual(join(a, b), plainJoin(a, b))
    deepStrictEqual(join(b, a), plainJoin(a, b))
  })

const binding: fc.Arbitrary<Binding> = fc.record(
  {
    containerPort: fc.constantFrom(80, 81),
    hostPort: fc.constantFrom(1, 2),
    protocol: fc.constantFrom('tcp', 'udp'),
    count: fc.constantFrom(1, 2),
  },
  { noNullPrototype: true },
)

describe('the join of two records of a task', () => {
  it('is that of each of its registers', () => {
    holds(isPlain(joinTask))
  })

  it('is not the newer record', () => {
    expect(
      fc.check(
        isPlain((a, b) => (a.version >= b.version ? a : b)),
        refutation,
      ).failed,
    ).toBe(true)
  })

  const before: Task = {
    ...observed({ id: 'a' }),
    definition: 'web:1',
    instance: 'i',
    capacityProvider: 'spot',
    zone: 'a',
    startedBy: 'ecs-svc/1',
    createdAt: 1,
    end: { version: 3, stopCode: 'UserInitiated', reason: undefined, containers: [] },
  }
  const [container] = before.containers
  const after: Task = {
    ...before,
    version: 4,
    interface: { version: 4, ipv4: '10.0.0.2', ipv6: undefined },
    containers: before.containers.map((each) => ({ ...each, arn: 'c', version: 4, bindingsVersion: 4 })),
    end: { version: 4, stopCode: 'UserInitiated', reason: undefined, containers: [] },
  }

  it.each<[string, Partial<Task>]>([
    ['as much', {}],
    ['no group', { group: undefined }],
    ['no definition', { definition: undefined }],
    ['no instance', { instance: undefined }],
    ['no launch type', { launchType: undefined }],
    ['no capacity provider', { capacityProvider: undefined }],
    ['no zone', { zone: undefined }],
    ['not what started it', { startedBy: undefined }],
    ['not when it was created', { createdAt: undefined }],
    ['no addresses', { interface: undefined }],
    ['the same of the container', { containers: before.containers.map((each) => ({ ...each, arn: 'c' })) }],
    [
      'no bindings',
      { containers: before.containers.map((each) => ({ ...each, bindingsVersion: -1, bindings: [] })) },
    ],
    ['no containers', { containers: [] }],
  ])('makes no record of its own where the older one says %s', (_, less) => {
    const older = { ...before, ...less }
    const newer = less.containers?.length === 0 ? { ...after, containers: [] } : after
    strictEqual(joinTask(older, newer), newer)
    strictEqual(joinTask(newer, older), newer)
    const { end: __, ...running } = older
    strictEqual(joinTask(running, newer), newer)
  })

  it('makes no record of its own where neither has bindings, as under awsvpc', () => {
    const bare = { ...container, bindingsVersion: -1, bindings: [] }
    const older = {
      ...before,
      containers: [
        { ...bare, name: 'a', arn: undefined, version: 3, lastStatus: 'RUNNING', runtimeId: undefined },
      ],
    }
    const newer = { ...after, containers: older.containers.map((each) => ({ ...each, version: 4 })) }
    strictEqual(joinTask(older, newer), newer)
  })
})

describe('bindings and containers in canonical form', () => {
  it('are sorted, and one a port or name: the join of all that are given', () => {
    holds(
      fc.property(fc.array(binding), (all) => deepStrictEqual(canonicalBindings(all), plainBindings(all))),
    )
    holds(
      fc.property(fc.array(one, { maxLength: 3 }), (tasks) => {
        const all = tasks.flatMap(({ containers }) => containers)
        deepStrictEqual(canonicalContainers(all), plainContainers(all))
      }),
    )
  })

  it('are the list that was given, if it has that form', () => {
    const canonical = fc.array(binding).map(canonicalBindings)
    holds(fc.property(canonical, (all) => strictEqual(canonicalBindings(all), all)))
  })

  it('are in the order of protocol and port', () => {
    const port = (containerPort: number, protocol: 'tcp' | 'udp'): Binding => ({
      containerPort,
      hostPort: 1,
      protocol,
      count: 1,
    })
    const inOrder = [port(1, 'tcp'), port(2, 'tcp'), port(1, 'udp'), port(2, 'udp')]
    inOrder.forEach((a, i) =>
      inOrder.forEach((b, j) => expect(Math.sign(compareBindings(a, b))).toBe(Math.sign(i - j))),
    )
  })
})

/** All that a record has, twice where it may. */
const full: Task = {
  ...observed({ id: 'a' }),
  group: 'g',
  definition: 'd',
  instance: 'i',
  launchType: 'l',
  capacityProvider: 'p',
  zone: 'z',
  startedBy: 's',
  createdAt: 5,
  interface: { version: 3, ipv4: '10.0.0.1', ipv6: 'fd00::1' },
  containers: ['app', 'sidecar'].map((name) => ({
    name,
    arn: 'c',
    version: 3,
    lastStatus: 'RUNNING',
    runtimeId: 'r',
    bindingsVersion: 3,
    bindings: [80, 90].map((containerPort) => ({ containerPort, hostPort: 5, protocol: 'tcp', count: 1 })),
  })),
  health: { at: 5, status: 'UNKNOWN', wasHealthy: true },
  end: { version: 3, stopCode: 'x', reason: 'x', containers: [] },
}

/** A list with one item changed in each of these ways. */
const eachWith = <A>(
  items: readonly A[],
  changesOf: (item: A) => readonly Partial<A>[],
): readonly (readonly A[])[] =>
  items.flatMap((item, at) => changesOf(item).map((change) => items.with(at, { ...item, ...change })))

/** For each field of a record, another value, and none if it may lack it. */
const otherValues = (
  record: object,
  optional: readonly string[],
): readonly Readonly<Record<string, unknown>>[] =>
  Object.entries<unknown>({ ...record }).flatMap(([name, value]) =>
    [
      ...(typeof value === 'number' ? [value - 1, value + 1] : []),
      ...(typeof value === 'string' ? ['', `${value}z`] : []),
      ...(optional.includes(name) ? [undefined] : []),
    ].map((other) => ({ [name]: other })),
  )

const optional = ['group', 'definition', 'instance', 'launchType', 'capacityProvider', 'zone', 'startedBy']
const withoutEnd = ({ end: _, ...task }: Task): Task => task

/** Records that differ from the full one in one place each. */
const variants: readonly Task[] = [
  withoutEnd(full),
  ...[
    ...otherValues(full, [...optional, 'createdAt', 'interface', 'health']).filter(
      (change) => !('cluster' in change),
    ),
    ...otherValues({ ...full.interface }, ['ipv4', 'ipv6']).map((change) => ({
      interface: { version: 3, ipv4: '10.0.0.1', ipv6: 'fd00::1', ...change },
    })),
    ...otherValues({ ...full.end }, ['stopCode', 'reason']).map((change) => ({
      end: { version: 3, stopCode: 'x', reason: 'x', containers: [], ...change },
    })),
    { health: { at: 5, status: 'UNKNOWN' as const } },
    { health: { at: 6, status: 'UNKNOWN' as const, wasHealthy: true as const } },
    { health: { at: 5, status: 'UNHEALTHY' as const, wasHealthy: true as const } },
    { health: { at: 5, status: 'HEALTHY' as const } },
    ...[
      [],
      full.containers.slice(1),
      full.containers.slice(0, 1),
      ...eachWith(full.containers, (container) => [
        ...otherValues(container, ['arn', 'runtimeId']),
        { bindingsVersion: -1, bindings: [] },
        { bindings: container.bindings.slice(1) },
        { bindings: container.bindings.slice(0, 1) },
        ...eachWith(container.bindings, (bound) => [
          ...otherValues({ ...bound, protocol: 0 }, []).filter((change) => !('protocol' in change)),
          { protocol: 'udp' },
        ]).map((bindings) => ({ bindings })),
      ]),
    ].map((containers) => ({ containers })),
  ].map((change): Task => ({ ...full, ...change })),
]

/** A record with the versions of everything in it raised. */
const raised = (task: Task, by: number): Task => ({
  ...task,
  version: task.version + by,
  at: task.at + by,
  ...(task.end !== undefined && { end: { ...task.end, version: task.end.version + by } }),
  interface: task.interface && { ...task.interface, version: task.interface.version + by },
  containers: task.containers.map((container) => ({
    ...container,
    version: container.version + by,
    bindingsVersion: container.bindingsVersion + by,
  })),
})

const told = ({ name, arn, bindings }: Container) => ({ name, arn, bindings })
const siteOf = (task: Task): unknown => ({
  arn: task.arn,
  facts: [task.group, task.definition, task.instance, task.launchType, task.capacityProvider, task.zone],
  start: [task.startedBy, task.createdAt],
  addresses: [task.interface?.ipv4, task.interface?.ipv6],
  containers: task.containers.map(told),
})
const statusesOf = ({ containers }: Task) => containers.map(({ name, lastStatus: status }) => [name, status])

/** As every record has them. */
const canonical = (containers: readonly Container[]): readonly Container[] =>
  plainContainers(containers).map((container) => ({
    ...container,
    bindings: plainBindings(container.bindings),
  }))

const compared = (a: Task, b: Task): void => {
  const isSame = isDeepStrictEqual({ ...a, end: a.end }, { ...b, end: b.end })
  strictEqual(sameTask(a, b), isSame)
  strictEqual(sameSite(a, b), isDeepStrictEqual(siteOf(a), siteOf(b)))
  strictEqual(sameContainerStatuses(a, b), isDeepStrictEqual(statusesOf(a), statusesOf(b)))
  strictEqual(sameHealth(a.health, b.health), isDeepStrictEqual(a.health, b.health))
}

describe('two records of a task', () => {
  it('are the same if nothing in them differs', () => {
    compared(full, structuredClone(full))
    for (const other of variants) {
      // Copies, so that no shortcut of identity answers.
      compared(full, structuredClone(other))
      compared(other, structuredClone(full))
    }
    holds(fc.property(pairs, ([a, b]) => compared(a, structuredClone(b))))
  })

  it('that differ in one place have the join of each register, of one age or another', () => {
    const aged = (task: Task, by: number): Task => ({
      ...raised(task, by),
      arn: full.arn,
      containers: canonical(raised(task, by).containers),
    })
    // Without health, the newer record may say all that the older one says.
    const bare = { ...full, health: undefined }
    const both = (a: Task, b: Task): void => {
      deepStrictEqual(joinTask(a, b), plainJoin(a, b))
      deepStrictEqual(joinTask(b, a), plainJoin(b, a))
    }
    for (const other of variants) {
      both(full, aged(other, 0))
      both(bare, aged(other, 1))
    }
    both(full, aged(bare, 1))
  })

  it('that tell of one version what they tell apart have the join of that, however new the record is', () => {
    const older = { ...full, health: undefined }
    const newer = raised(older, 1)
    const ofOld = (key: 'version' | 'bindingsVersion', change: Partial<Container>) =>
      newer.containers.map((container) => ({ ...container, [key]: 3, ...change }))
    const told: readonly Partial<Task>[] = [
      { end: { version: 3, stopCode: 'x', reason: undefined, containers: [] } },
      { interface: { version: 3, ipv4: undefined, ipv6: 'fd00::2' } },
      { containers: ofOld('version', { lastStatus: 'PENDING' }) },
      { containers: ofOld('version', { runtimeId: undefined }) },
      { containers: ofOld('bindingsVersion', { bindings: [] }) },
    ]
    const bareOf = (at: number, lastStatus: string): Task => {
      const { end: _, ...task } = older
      return { ...task, at, lastStatus, interface: undefined, containers: [] }
    }
    for (const [a, b] of [
      ...told.map((change) => [older, { ...newer, ...change }] as const),
      [bareOf(5, 'RUNNING'), bareOf(3, 'STOPPED')] as const,
      // Statuses that are not known have an order, too.
      [bareOf(5, 'HIBERNATING'), bareOf(5, 'THAWING')] as const,
      // All of the one come before all of the other.
      [
        { ...older, containers: older.containers.slice(0, 1) },
        { ...older, containers: older.containers.slice(1) },
      ] as const,
    ]) {
      deepStrictEqual(joinTask(a, b), plainJoin(a, b))
      deepStrictEqual(joinTask(b, a), plainJoin(b, a))
    }
  })
})

describe('whether a task has been healthy', () => {
  it('is told by any of its answers', () => {
    expect(hasBeenHealthy(undefined)).toBe(false)
    expect(hasBeenHealthy({ at: 1, status: 'HEALTHY' })).toBe(true)
    expect(hasBeenHealthy({ at: 1, status: 'UNHEALTHY' })).toBe(false)
    expect(hasBeenHealthy({ at: 1, status: 'UNHEALTHY', wasHealthy: true })).toBe(true)
  })
})
