/**
 * `healthChecks: 'required'`: a task whose definition has a health check is offered from its first HEALTHY on. The laws
 * read the events alone, and know nothing of how health is joined.
 */
import { deepStrictEqual, ok } from 'node:assert/strict'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { TaskArn } from '../../src/core/arn.js'
import { type ClusterState, emptyState } from '../../src/core/cluster-state.js'
import type { Desired } from '../../src/core/desired.js'
import type { ClusterEvent } from '../../src/core/event.js'
import type { HealthPolicy } from '../../src/core/health-policy.js'
import { PersistentMap } from '../../src/core/persistent-map.js'
import { project, projector } from '../../src/core/project.js'
import { reduce } from '../../src/core/reduce.js'
import type { TaskDefinition } from '../../src/core/task-definition.js'
import type { Task, TaskHealth } from '../../src/core/task.js'
import { servicePorts } from '../../src/policies/service-ports.js'
import { histories } from '../../src/testing/histories.js'
import { modelledClusters } from '../../src/testing/modelled-service.js'
import { holdsInHistories, refutation } from './holds.js'
import { fold } from './observed.js'

const tasksOf = (event: ClusterEvent): readonly Task[] =>
  event._tag === 'TaskChanged' ? [event.task] : event._tag === 'TasksListed' ? event.tasks : []

const withHealthCheck = (definition: TaskDefinition): TaskDefinition => ({
  ...definition,
  containers: definition.containers.map((container, i) => ({ ...container, healthCheck: i === 0 })),
})

interface Answer {
  readonly task: Task
  readonly health: TaskHealth
}

/** What DescribeTasks says of some of the tasks in between. */
const answers = (tasks: readonly Task[]): fc.Arbitrary<readonly (Answer | undefined)[]> => {
  const running = tasks.filter(({ lastStatus }) => lastStatus === 'RUNNING')
  if (running.length === 0) return fc.constant([])
  const answer = fc.record({
    task: fc.constantFrom(...running),
    health: fc.record({
      at: fc.nat(5).map((quarters) => quarters * 500_000_000_000),
      status: fc.constantFrom('HEALTHY' as const, 'UNKNOWN' as const, 'UNHEALTHY' as const),
    }),
  })
  return fc.array(fc.option(answer, { nil: undefined, freq: 2 }), { maxLength: 40 })
}

/**
 * Histories in which definitions become known at some time, some of them with a health check, and in which tasks are
 * asked for their health now and then.
 */
const stories: fc.Arbitrary<readonly ClusterEvent[]> = histories({ maxLength: 25 }).chain(
  ({ events: all, lookups }) => {
    const events = all.filter(({ _tag }) => _tag !== 'DefinitionDescribed')
    return fc
      .record({
        checked: fc.array(fc.boolean(), { minLength: 1, maxLength: 4 }),
        knownAt: fc.array(fc.nat(events.length), { minLength: 1, maxLength: 6 }),
        answers: answers(events.flatMap(tasksOf)),
      })
      .map(({ checked, knownAt, answers: told }) => {
        const before = lookups.map((event, i) => ({
          at: knownAt[i % knownAt.length] ?? 0,
          event:
            event._tag === 'DefinitionDescribed' && checked[i % checked.length] === true
              ? { ...event, definition: withHealthCheck(event.definition) }
              : event,
        }))
        return Array.from({ length: events.length + 1 }, (_, i) => {
          const event = events[i]
          const answer = told[i]
          return [
            ...before.filter(({ at }) => at === i).map(({ event: lookup }) => lookup),
            ...(event === undefined ? [] : [event]),
            ...(answer === undefined
              ? []
              : [{ _tag: 'TaskChanged' as const, task: { ...answer.task, health: answer.health } }]),
          ]
        }).flat()
      })
  },
)

const settings = (unhealthy: HealthPolicy) =>
  ({ expose: servicePorts(), covers: modelledClusters, unhealthy }) as const

/** What a worker offers once it knows the state. */
type Offers = (state: ClusterState, unhealthy: HealthPolicy) => Desired

const ours: Offers = (state, unhealthy) =>
  project(state, { ...settings(unhealthy), healthChecks: 'required' })

/** The tasks that may be offered: those that were HEALTHY in an event, and those without a health check. */
const allowed = (state: ClusterState, events: readonly ClusterEvent[]): ((arn: TaskArn) => boolean) => {
  const healthy = new Set(
    events
      .flatMap(tasksOf)
      .filter(({ health }) => health?.status === 'HEALTHY')
      .map(({ arn }) => arn),
  )
  return (arn) => {
    const definition = state.definitions.get(state.tasks.get(arn)?.definition ?? '')
    const isFree = definition?.containers.every(({ healthCheck }) => healthCheck !== true) === true
    return healthy.has(arn) || isFree
  }
}

const policies = fc.constantFrom<HealthPolicy>('leave-out', 'keep-the-last')

const neverBeforeHealthy = (offers: Offers): fc.IProperty<unknown> =>
  fc.property(stories, policies, (events, unhealthy) => {
    let state = emptyState
    events.forEach((event, i) => {
      state = reduce(state, event)
      const mayBeOffered = allowed(state, events.slice(0, i + 1))
      for (const { endpoints } of offers(state, unhealthy).backends.values())
        for (const { task } of endpoints) ok(mayBeOffered(task), `${task} is offered after event ${i}`)
    })
  })

const endpointIds = ({ backends }: Desired): readonly string[] =>
  Array.from(backends.values(), ({ endpoints }) => endpoints.map(({ id }) => id)).flat()

const everyoneElse = (offers: Offers): fc.IProperty<unknown> =>
  fc.property(stories, (events) => {
    const state = fold(events)
    const mayBeOffered = allowed(state, events)
    const all = project(state, settings('leave-out'))
    deepStrictEqual(
      endpointIds(offers(state, 'leave-out')),
      endpointIds(all).filter((id) => mayBeOffered(id.slice(0, id.indexOf('#')))),
    )
  })

const isRefuted = (law: fc.IProperty<unknown>): void => {
  expect(fc.check(law, refutation).failed).toBe(true)
}

const withTasks = (state: ClusterState, change: (task: Task) => Task): ClusterState => ({
  ...state,
  tasks: PersistentMap.from(Array.from(state.tasks, ([arn, task]): [string, Task] => [arn, change(task)])),
})

describe('health checks that are required', () => {
  it('offer no task with a health check before an observation has reported it HEALTHY', () => {
    holdsInHistories(neverBeforeHealthy(ours))
  })

  it('offer the same also step by step', () => {
    holdsInHistories(
      fc.property(stories, policies, (events, unhealthy) => {
        const again = projector({ ...settings(unhealthy), healthChecks: 'required' })
        let state = emptyState
        for (const event of events) {
          state = reduce(state, event)
          deepStrictEqual(endpointIds(again(state, 0)), endpointIds(ours(state, unhealthy)))
        }
      }),
    )
  })

  it('offer every other task as before', () => {
    holdsInHistories(everyoneElse(ours))
  })

  it('name what each live task that is not offered waits for', () => {
    holdsInHistories(
      fc.property(stories, (events) => {
        const state = fold(events)
        const desired = ours(state, 'leave-out')
        const offered = new Set(endpointIds(desired).map((id) => id.slice(0, id.indexOf('#'))))
        const all = endpointIds(project(state, settings('leave-out'))).map((id) =>
          id.slice(0, id.indexOf('#')),
        )
        for (const task of all)
          if (!offered.has(task))
            ok(['health-check', 'task-definition'].includes(desired.unresolved.get(task)?.why ?? ''), task)
      }),
    )
  })
})

const withoutHealthCheck = { name: 'app', image: undefined, ports: [], labels: {}, environment: {} }

describe('the law is broken by a worker that', () => {
  it('offers what runs', () => {
    isRefuted(neverBeforeHealthy((state, unhealthy) => project(state, settings(unhealthy))))
  })

  it('takes everything for healthy that is not UNHEALTHY', () => {
    isRefuted(
      neverBeforeHealthy((state, unhealthy) =>
        ours(
          withTasks(state, (task) =>
            task.health?.status === 'UNKNOWN'
              ? { ...task, health: { ...task.health, status: 'HEALTHY' } }
              : task,
          ),
          unhealthy,
        ),
      ),
    )
  })

  it('takes a definition that it does not know yet for one without a health check', () => {
    isRefuted(
      neverBeforeHealthy((state, unhealthy) => {
        const definitions = Array.from(state.tasks.values()).flatMap(({ definition }) =>
          definition === undefined || state.definitions.has(definition)
            ? []
            : [{ arn: definition, networkMode: 'bridge' as const, containers: [withoutHealthCheck] }],
        )
        return ours(
          fold(
            definitions.map((definition) => ({ _tag: 'DefinitionDescribed', definition })),
            state,
          ),
          unhealthy,
        )
      }),
    )
  })

  it('offers all where no endpoint is healthy, also those that never were', () => {
    isRefuted(
      neverBeforeHealthy((state, unhealthy) => {
        const desired = ours(state, unhealthy)
        return [...desired.backends.values()].every(({ endpoints }) => endpoints.length === 0)
          ? project(state, settings(unhealthy))
          : desired
      }),
    )
  })

  it('forgets that a task was healthy', () => {
    isRefuted(
      everyoneElse((state, unhealthy) =>
        ours(
          withTasks(state, (task) =>
            task.health?.wasHealthy === true
              ? { ...task, health: { at: task.health.at, status: task.health.status } }
              : task,
          ),
          unhealthy,
        ),
      ),
    )
  })
})

describe('a task with a health check', () => {
  const [cluster = ''] = modelledClusters
  const definition = 'arn:aws:ecs:eu-west-1:123456789012:task-definition/web:1'
  const task: Task = {
    arn: 'arn:aws:ecs:eu-west-1:123456789012:task/staging/1',
    cluster,
    group: 'service:web',
    definition,
    instance: undefined,
    launchType: 'FARGATE',
    capacityProvider: undefined,
    zone: undefined,
    startedBy: undefined,
    createdAt: undefined,
    version: 3,
    at: 1_000,
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
  const described: ClusterEvent = {
    _tag: 'DefinitionDescribed',
    definition: {
      arn: definition,
      networkMode: 'awsvpc',
      containers: [{ ...withoutHealthCheck, image: 'web:1', healthCheck: true }],
    },
  }
  const changed = (health: TaskHealth | undefined): ClusterEvent => ({
    _tag: 'TaskChanged',
    task: { ...task, health },
  })
  const listed = (at: number, health: TaskHealth | undefined): ClusterEvent => ({
    _tag: 'TasksListed',
    cluster,
    at,
    tasks: [{ ...task, health }],
  })
  const seen = (...events: readonly ClusterEvent[]) => {
    const desired = project(fold(events), {
      expose: servicePorts(),
      covers: [],
      healthChecks: 'required',
      unhealthy: 'keep-the-last',
    })
    const { endpoints = [], gone = [], complete } = desired.backends.get('web') ?? {}
    return {
      offered: endpoints.map(({ host }) => host),
      gone: gone.map(({ host }) => host),
      complete,
      why: desired.unresolved.get(task.arn)?.why,
    }
  }

  it('keeps its place in a target until the first answer, in a cluster without a snapshot so far', () => {
    deepStrictEqual(seen(described, changed(undefined)), {
      offered: [],
      gone: [],
      complete: false,
      why: 'health-check',
    })
  })

  it.each(['UNKNOWN', 'UNHEALTHY'] as const)('leaves the target when the answer is %s', (status) => {
    const { offered, gone, why } = seen(described, changed({ at: 1, status }))
    deepStrictEqual({ offered, gone, why }, { offered: [], gone: ['10.0.0.1'], why: 'health-check' })
  })

  it('is not in a complete backend while it waits', () => {
    const { offered, complete } = seen(described, listed(2_000, { at: 2_000, status: 'UNKNOWN' }))
    deepStrictEqual({ offered, complete }, { offered: [], complete: true })
  })

  it('is offered after an answer that is newer than the snapshot, though the task is older', () => {
    const snapshot = listed(1_000_000, { at: 1_000_000, status: 'UNKNOWN' })
    deepStrictEqual(seen(described, snapshot, changed({ at: 1_000_001, status: 'HEALTHY' })).offered, [
      '10.0.0.1',
    ])
  })

  it('stays offered when ECS no longer knows its health, and as the policy says when it is UNHEALTHY', () => {
    const events = [described, listed(1, { at: 1, status: 'HEALTHY' })]
    deepStrictEqual(seen(...events, changed({ at: 2, status: 'UNKNOWN' })).offered, ['10.0.0.1'])
    deepStrictEqual(seen(...events, changed({ at: 2, status: 'UNHEALTHY' })).offered, ['10.0.0.1'])
  })

  it('waits for its definition first', () => {
    const { offered, why } = seen(changed(undefined))
    deepStrictEqual({ offered, why }, { offered: [], why: 'task-definition' })
  })
})
