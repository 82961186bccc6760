import { deepStrictEqual, ok } from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import type { EndpointId } from '../../src/core/arn.js'
import { type ClusterState, emptyState, type Mark } from '../../src/core/cluster-state.js'
import { type Backend, type Desired, formatAddress } from '../../src/core/desired.js'
import type { ClusterEvent } from '../../src/core/event.js'
import type { Policy } from '../../src/core/policy.js'
import { defaultSkewAllowanceMs } from '../../src/core/liveness.js'
import { PersistentMap } from '../../src/core/persistent-map.js'
import { project, projector, type ProjectOptions } from '../../src/core/project.js'
import { reduce } from '../../src/core/reduce.js'
import { sweep } from '../../src/core/sweep.js'
import type { Task } from '../../src/core/task.js'
import { servicePorts } from '../../src/policies/service-ports.js'
import { taskPorts } from '../../src/policies/task-ports.js'
import { anyEvents } from '../../src/testing/any-event.js'
import { redelivered } from '../../src/testing/distortions.js'
import { histories } from '../../src/testing/histories.js'
import type { History } from '../../src/testing/history.js'
import { modelledClusters } from '../../src/testing/modelled-service.js'
import { desiredContents, fold, routesOf } from './observed.js'
import { holdsInHistories } from './holds.js'

/** What all would be offered if nothing were known of health. */
const withoutHealth = (state: ClusterState): ClusterState => {
  const hidden = ([arn, task]: readonly [string, Task]): [string, Task] => [
    arn,
    { ...task, health: undefined },
  ]
  return {
    ...state,
    health: PersistentMap.empty(),
    tasks: PersistentMap.from(Array.from(state.tasks, hidden)),
    marks: PersistentMap.from(
      Array.from(state.marks, ([cluster, mark]): [string, Mark] => [
        cluster,
        { ...mark, tasks: PersistentMap.from(Array.from(mark.tasks, hidden)) },
      ]),
    ),
  }
}

/** Every endpoint that there ever was in a history. */
const endpointsOf = ({ events, lookups }: History): readonly EndpointId[] => {
  const again = projector({ expose: servicePorts(), covers: [] })
  const ids = new Set<EndpointId>()
  let state = fold(lookups)
  for (const event of events) {
    state = reduce(state, event)
    for (const { endpoints } of again(withoutHealth(state), 0).backends.values())
      for (const { id } of endpoints) ids.add(id)
  }
  return [...ids]
}

const isTold = (event: ClusterEvent | undefined): event is ClusterEvent => event !== undefined

/** Histories with what probes said of their endpoints in between; many say that it is unhealthy. */
const probedHistories: fc.Arbitrary<History> = histories().chain((history) => {
  const ids = endpointsOf(history)
  if (ids.length === 0) return fc.constant(history)
  const probe = fc.record({
    _tag: fc.constant('HealthObserved' as const),
    endpoint: fc.constantFrom(...ids),
    healthy: fc.integer({ min: 0, max: 3 }).map((one) => one === 0),
    at: fc.nat(5),
  })
  return fc
    .array(fc.option(probe, { nil: undefined, freq: 3 }), { maxLength: history.events.length + 10 })
    .map((probes) => ({
      ...history,
      events: [
        ...history.events.flatMap((event, i) => [event, probes[i]]),
        ...probes.slice(history.events.length),
      ].filter(isTold),
    }))
})

const events = fc.oneof(
  { weight: 3, arbitrary: probedHistories.map((history) => history.events) },
  { weight: 1, arbitrary: probedHistories.map((history) => [...history.events, ...history.closing]) },
  { weight: 2, arbitrary: anyEvents },
)

/** Every port of every container, UDP too: a sidecar that exits takes its own with it. */
const everyPort: Policy = {
  expose: (task, definition) => {
    const ports = taskPorts(task, definition)
    if (ports === undefined) return { _tag: 'NeedsDefinition', backends: [task.group ?? ''] }
    return {
      _tag: 'Ports',
      ports: ports.map(({ container, binding: { containerPort, hostPort: port, protocol } }) => ({
        ...{ backend: task.group ?? '', container, containerPort, port, protocol },
      })),
    }
  },
}

const policies: Readonly<Record<string, Policy>> = {
  'a service, a backend': servicePorts(),
  'every port': everyPort,
  'all ports': servicePorts({ ports: 'all' }),
  'one name for all': servicePorts({ name: () => 'web' }),
  pooled: { ...servicePorts({ name: () => 'web' }), pooled: true },
}
const options: fc.Arbitrary<ProjectOptions> = fc.record({
  expose: fc.constantFrom(...Object.keys(policies)).map((name) => policies[name]!),
  covers: fc.constantFrom<readonly string[]>([], ['staging'], modelledClusters),
  unhealthy: fc.constantFrom('leave-out', 'keep-the-last'),
})

/** Also with tasks that wait for their first HEALTHY. */
const allOptions = fc
  .tuple(options, fc.constantFrom('advisory' as const, 'required' as const))
  .map(([chosen, healthChecks]): ProjectOptions => ({ ...chosen, healthChecks }))

/** Policies under which no two services want one name. */
const uncontested = options.filter(
  ({ expose }) => expose !== policies['one name for all'] && expose !== policies['pooled'],
)

const backendsOf = ({ backends }: Desired): ReadonlyMap<string, Backend> => new Map(backends)

const [cluster = ''] = modelledClusters
const arn = 'arn:aws:ecs:eu-west-1:123456789012:task/staging/1'
/** Of service `web`, in awsvpc mode, with one container. */
const task: Task = {
  arn,
  cluster,
  group: 'service:web',
  definition: undefined,
  instance: undefined,
  launchType: 'FARGATE',
  capacityProvider: undefined,
  zone: undefined,
  startedBy: undefined,
  createdAt: undefined,
  version: 3,
  at: 0,
  lastStatus: 'RUNNING',
  desiredStatus: 'RUNNING',
  interface: { version: 3, ipv4: '10.0.0.1', ipv6: undefined },
  containers: [
    {
      name: 'app',
      arn: undefined,
      runtimeId: undefined,
      version: 3,
      lastStatus: 'RUNNING',
      bindingsVersion: 3,
      bindings: [{ containerPort: 80, hostPort: 80, protocol: 'tcp', count: 1 }],
    },
  ],
  health: undefined,
}

describe('the health policy', () => {
  it('said again after every change is the projection from scratch', () => {
    holdsInHistories(
      fc.property(
        allOptions,
        events,
        fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }),
        (chosen, arrived, skip) => {
          const again = projector(chosen)
          let state = emptyState
          arrived.forEach((event, i) => {
            state = reduce(state, event)
            if (skip[i % skip.length] === true && i < arrived.length - 1) return
            deepStrictEqual(desiredContents(again(state, i)), desiredContents(project(state, chosen)))
          })
        },
      ),
    )
  })

  it('keeps the identity of every backend that did not change', () => {
    holdsInHistories(
      fc.property(allOptions, events, (chosen, arrived) => {
        const again = projector(chosen)
        let state = emptyState
        let last = again(state, 0)
        for (const event of arrived) {
          state = reduce(state, event)
          const next = again(state, 0)
          for (const [name, backend] of next.backends) {
            const before = last.backends.get(name)
            ok(before === backend || !isDeepStrictEqual(backend, before), `${name} was built anew`)
          }
          last = next
        }
      }),
    )
  })

  it('is the same in any order of arrival', () => {
    holdsInHistories(
      fc.property(
        allOptions,
        events.chain((told) => fc.tuple(fc.constant(told), redelivered(told))),
        (chosen, [told, arrived]) => {
          deepStrictEqual(
            desiredContents(project(fold(arrived), chosen)),
            desiredContents(project(fold(told), chosen)),
          )
        },
      ),
    )
  })

  it('keep-the-last offers the healthy, and all the unhealthy where none is healthy: no more, no less', () => {
    holdsInHistories(
      fc.property(uncontested, events, (chosen, arrived) => {
        const state = fold(arrived)
        const kept = backendsOf(project(state, { ...chosen, unhealthy: 'keep-the-last' }))
        const healthy = backendsOf(project(state, { ...chosen, unhealthy: 'leave-out' }))
        const all = backendsOf(project(withoutHealth(state), chosen))
        for (const name of new Set([...kept.keys(), ...healthy.keys(), ...all.keys()])) {
          const endpoints = healthy.get(name)?.endpoints ?? []
          deepStrictEqual(
            kept.get(name)?.endpoints ?? [],
            endpoints.length > 0 ? endpoints : (all.get(name)?.endpoints ?? []),
          )
        }
      }),
    )
  })

  it('keep-the-last never lets health alone empty a backend, also where names are contested or pooled', () => {
    holdsInHistories(
      fc.property(options, events, (chosen, arrived) => {
        const state = fold(arrived)
        const kept = project(state, { ...chosen, unhealthy: 'keep-the-last' })
        const all = project(withoutHealth(state), chosen)
        for (const [name, { endpoints }] of all.backends)
          if (endpoints.length > 0) ok((kept.backends.get(name)?.endpoints ?? []).length > 0, name)
      }),
    )
  })

  it('leave-out offers no endpoint that a probe or ECS calls unhealthy', () => {
    holdsInHistories(
      fc.property(options, events, (chosen, arrived) => {
        const state = fold(arrived)
        for (const { endpoints } of project(state, { ...chosen, unhealthy: 'leave-out' }).backends.values())
          for (const { id, task } of endpoints) {
            ok(state.health.get(id)?.healthy !== false)
            ok(state.tasks.get(task)?.health?.status !== 'UNHEALTHY')
          }
      }),
    )
  })

  it('never calls an address gone that it keeps, and calls gone what is unhealthy and not kept', () => {
    holdsInHistories(
      fc.property(options, events, (chosen, arrived) => {
        const state = fold(arrived.filter(({ _tag }) => _tag !== 'TasksListed'))
        const uncovered = { ...chosen, covers: [] }
        const all = project(withoutHealth(state), uncovered)
        for (const [name, { endpoints, gone, complete }] of project(state, uncovered).backends) {
          const offered = new Set(endpoints.map(formatAddress))
          const left = new Set(gone.map(formatAddress))
          for (const address of offered) ok(!left.has(address))
          ok(!complete)
          if ([...project(state, uncovered).unresolved].length > 0) continue
          for (const endpoint of all.backends.get(name)?.endpoints ?? [])
            ok(offered.has(formatAddress(endpoint)) || left.has(formatAddress(endpoint)))
        }
      }),
    )
  })

  it('offers no port of a container that has exited, though its task is as unhealthy as before', () => {
    const [app] = task.containers
    const sidecar = {
      ...app!,
      name: 'sidecar',
      bindings: [{ containerPort: 81, hostPort: 81, protocol: 'tcp', count: 1 } as const],
    }
    const settings: ProjectOptions = { expose: everyPort, covers: [cluster], unhealthy: 'keep-the-last' }
    const again = projector(settings)
    const both: Task = { ...task, containers: [app!, sidecar], health: { at: 1, status: 'UNHEALTHY' } }
    const before = fold([{ _tag: 'TasksListed', cluster, at: 1, tasks: [both] }])
    deepStrictEqual(routesOf(again(before, 0)).get('service:web'), ['10.0.0.1:80', '10.0.0.1:81'])
    const exited = { ...sidecar, version: 4, bindingsVersion: 4, lastStatus: 'STOPPED' }
    const after = fold(
      [{ _tag: 'TaskChanged', task: { ...task, version: 4, containers: [app!, exited] } }],
      before,
    )
    deepStrictEqual(routesOf(again(after, 1)).get('service:web'), ['10.0.0.1:80'])
  })

  it('does not give a name to another service because all endpoints of its holder are unhealthy', () => {
    const expose = servicePorts({ name: () => 'web' })
    const settings: ProjectOptions = { expose, covers: modelledClusters, unhealthy: 'keep-the-last' }
    holdsInHistories(
      fc.property(probedHistories, ({ events: told, closing }) => {
        const state = fold([...told, ...closing])
        const groups = (desired: Desired): ReadonlySet<string | undefined> =>
          new Set(desired.backends.get('web')?.endpoints.map(({ group }) => group))
        deepStrictEqual(groups(project(state, settings)), groups(project(withoutHealth(state), settings)))
      }),
    )
  })
})

describe('what probes said', () => {
  const settings = { expose: servicePorts(), covers: modelledClusters }

  it('is forgotten with its task, and with a task that has stopped for good; sweeping stays unobservable', () => {
    holdsInHistories(
      fc.property(probedHistories, fc.boolean(), ({ events: told, skewAllowanceMs, end }, settled) => {
        const before = fold(told)
        // Without marks, stopped tasks shrink to tombstones after two skew allowances.
        const now = end + 3 * skewAllowanceMs
        for (const state of [before, { ...before, marks: emptyState.marks }]) {
          const after = sweep(state, { skewAllowanceMs, now, settled })
          // No clock counts but that of the events.
          const newest = Math.max(0, ...Array.from(state.tasks.values(), ({ at }) => at))
          deepStrictEqual(routesOf(project(after, settings)), routesOf(project(state, settings)))
          for (const [endpoint] of after.health) {
            const task = after.tasks.get(endpoint.slice(0, endpoint.indexOf('#')))
            ok(task !== undefined)
            if (state.marks.size === 0 && settled && task.lastStatus === 'STOPPED')
              ok(task.health?.status === 'UNHEALTHY' || task.at + 2 * skewAllowanceMs >= newest)
          }
          // Of tasks that may be offered again, everything stays.
          for (const [endpoint, seen] of state.health) {
            const arn = endpoint.slice(0, endpoint.indexOf('#'))
            if (
              after.tasks.get(arn)?.desiredStatus === 'RUNNING' &&
              after.tasks.get(arn)?.lastStatus === 'RUNNING'
            )
              deepStrictEqual(after.health.get(endpoint), seen)
          }
        }
      }),
    )
  })

  it('of a task that was forgotten and is seen again, it is offered until it is probed again', () => {
    const listed = (at: number, tasks: readonly Task[]): ClusterEvent => ({
      _tag: 'TasksListed',
      cluster,
      at,
      tasks,
    })
    const endpoint = `${arn}#app:80/tcp`
    const unhealthy = (at: number): ClusterEvent => ({ _tag: 'HealthObserved', endpoint, healthy: false, at })
    const minute = 60_000
    const swept = sweep(fold([listed(0, [task]), unhealthy(1), listed(2 * minute, [])]), {
      skewAllowanceMs: defaultSkewAllowanceMs,
      now: 2 * minute,
      settled: true,
    })
    deepStrictEqual([swept.tasks.size, swept.health.size], [0, 0])
    const again = fold([listed(3 * minute, [task])], swept)
    deepStrictEqual(routesOf(project(again, settings)).get('web'), ['10.0.0.1:80'])
    const probed = fold([unhealthy(3 * minute + 1)], again)
    deepStrictEqual(routesOf(project(probed, settings)).get('web'), undefined)
  })
})
