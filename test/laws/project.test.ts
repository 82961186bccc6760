import { deepStrictEqual, notStrictEqual, ok, strictEqual } from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { sameCluster } from '../../src/core/arn.js'
import { type ClusterState, clusterStateJoin, emptyState } from '../../src/core/cluster-state.js'
import { compareAddresses, type Desired, formatAddress } from '../../src/core/desired.js'
import type { ClusterEvent } from '../../src/core/event.js'
import type { Policy } from '../../src/core/policy.js'
import { believed, defaultSkewAllowanceMs, livenessOf } from '../../src/core/liveness.js'
import { project, projector } from '../../src/core/project.js'
import { reduce } from '../../src/core/reduce.js'
import { serviceOf } from '../../src/core/service-of.js'
import type { Task } from '../../src/core/task.js'
import { deployments } from '../../src/policies/deployments.js'
import { servicePorts } from '../../src/policies/service-ports.js'
import { anyEvents } from '../../src/testing/any-event.js'
import { cut, redelivered, shuffled } from '../../src/testing/distortions.js'
import { histories } from '../../src/testing/histories.js'
import { modelledClusters } from '../../src/testing/modelled-service.js'
import { cluster, observed } from '../support/observed-task.js'
import { desiredContents, fold, options, routesOf } from './observed.js'
import { holdsInHistories } from './holds.js'

/** Every bound or mapped TCP port under a name that services share; nothing can be told before the definition. */
const byContainerPort: Policy = {
  expose: (task, definition) => {
    if (definition === undefined) return { _tag: 'NeedsDefinition', backends: 'any' }
    if (task.group === 'family:web') return { _tag: 'Refused', reason: 'families are not offered' }
    return {
      _tag: 'Ports',
      ports: definition.containers.flatMap(({ name, ports }) =>
        ports.flatMap(({ containerPort, hostPort, protocol }) => [
          { backend: `port-${containerPort}`, container: name, containerPort, port: hostPort, protocol },
          { backend: 'everything', container: name, containerPort, port: hostPort, protocol, weight: 1 },
        ]),
      ),
    }
  },
}

const policies: Readonly<Record<string, Policy>> = {
  'a service, a backend': servicePorts(),
  'all ports': servicePorts({ ports: 'all' }),
  'one name for all': servicePorts({ name: () => 'web' }),
  'followed deployments': deployments(servicePorts()),
  pooled: { ...servicePorts({ name: () => 'web' }), pooled: true },
  'names from the definition': byContainerPort,
  'pooled names from the definition': { ...byContainerPort, pooled: true },
}
const policy = fc.constantFrom(...Object.keys(policies)).map((name) => ({ name, expose: policies[name]! }))
const covers = fc.constantFrom<readonly string[]>([], ['staging'], modelledClusters)

const events = fc.oneof(
  { weight: 2, arbitrary: histories().chain((history) => cut(history.events).chain(redelivered)) },
  {
    weight: 1,
    arbitrary: histories().chain(({ events: told, closing }) => fc.constant([...told, ...closing])),
  },
  { weight: 2, arbitrary: anyEvents },
)

/** Deliveries hold one event or several; the projection need not see every state. */
const skips = fc.array(fc.boolean(), { minLength: 1, maxLength: 5 })

describe('the projection', () => {
  it('said again after every change is the projection from scratch', () => {
    holdsInHistories(
      fc.property(policy, covers, events, skips, ({ expose }, covered, arrived, skip) => {
        const again = projector({ expose, covers: covered })
        let state = emptyState
        arrived.forEach((event, i) => {
          state = reduce(state, event)
          if (skip[i % skip.length] === true && i < arrived.length - 1) return
          deepStrictEqual(
            desiredContents(again(state, i)),
            desiredContents(project(state, { expose, covers: covered })),
          )
        })
      }),
    )
  })

  it('takes a task back that one snapshot ruled out and the next one lists, although nothing else is new of it', () => {
    const task = observed({ id: 'a', at: 10_000 })
    const listed = (at: number, ...tasks: readonly Task[]): ClusterEvent => ({
      _tag: 'TasksListed',
      cluster,
      at,
      tasks,
    })
    const projection = projector({ expose: servicePorts(), covers: [cluster] })
    const servers = (state: ClusterState): number =>
      projection(state, 0).backends.get('web')?.endpoints.length ?? 0
    const ruledOut = [listed(100_000), { _tag: 'TaskChanged', task } as const].reduce(reduce, emptyState)
    strictEqual(servers(ruledOut), 0)
    strictEqual(servers(reduce(ruledOut, listed(200_000, task))), 1)
  })

  it('keeps the identity of every backend that did not change', () => {
    holdsInHistories(
      fc.property(policy, covers, events, ({ expose }, covered, arrived) => {
        const again = projector({ expose, covers: covered })
        let state = emptyState
        let last: Desired | undefined
        arrived.forEach((event, i) => {
          state = reduce(state, event)
          const next = again(state, i)
          for (const [name, backend] of next.backends) {
            const before = last?.backends.get(name)
            if (before === backend) continue
            ok(!isDeepStrictEqual(backend, before), `${name} was built anew and is the same`)
          }
          last = next
        })
      }),
    )
  })

  it('is the same in any order of arrival', () => {
    holdsInHistories(
      fc.property(
        policy,
        events.chain((told) => fc.tuple(fc.constant(told), redelivered(told))),
        ({ expose }, [told, arrived]) => {
          const [a, b] = [told, arrived].map((all) =>
            desiredContents(project(fold(all), { expose, covers: modelledClusters })),
          )
          deepStrictEqual(a, b)
        },
      ),
    )
  })

  it('carries the revision it was asked about', () => {
    const again = projector(options)
    strictEqual(again(emptyState, 7).revision, 7)
    strictEqual(again(emptyState, 8).revision, 8)
  })

  it('orders endpoints and gone addresses, and names each gone address once', () => {
    holdsInHistories(
      fc.property(policy, events, ({ expose }, arrived) => {
        for (const [name, backend] of project(fold(arrived), { expose, covers: [] }).backends) {
          strictEqual(backend.name, name)
          for (const [i, address] of backend.gone.entries())
            if (i > 0) ok(compareAddresses(backend.gone[i - 1]!, address) < 0)
          for (const [i, endpoint] of backend.endpoints.entries())
            if (i > 0) ok(compareAddresses(backend.endpoints[i - 1]!, endpoint) <= 0)
        }
      }),
    )
  })
})

describe('completeness', () => {
  it('never calls an address gone that is live', () => {
    holdsInHistories(
      fc.property(policy, covers, events, ({ expose }, covered, arrived) => {
        for (const { endpoints, gone } of project(fold(arrived), {
          expose,
          covers: covered,
        }).backends.values()) {
          const live = new Set(endpoints.map(formatAddress))
          for (const address of gone) ok(!live.has(formatAddress(address)))
        }
      }),
    )
  })

  it('is not claimed without a snapshot of the cluster, nor while a live task waits for a lookup', () => {
    holdsInHistories(
      fc.property(covers, events, (covered, arrived) => {
        const state = fold(arrived)
        const desired = project(state, { expose: servicePorts(), covers: covered })
        for (const [, task] of state.tasks) {
          const mark = state.marks.get(task.cluster)
          const record = believed(task, mark, defaultSkewAllowanceMs)
          const name = serviceOf(record)
          const backend = name === undefined ? undefined : desired.backends.get(name)
          if (backend?.complete !== true) continue
          notStrictEqual(mark, undefined)
          if (livenessOf(record, mark, defaultSkewAllowanceMs) === 'live') {
            const why = desired.unresolved.get(task.arn)?.why
            ok(why === undefined || why === 'name-taken', `${task.arn}: ${why ?? ''}`)
          }
        }
        const isRead = (named: string): boolean => {
          const identity = state.identities.get(named)
          return identity === undefined
            ? [...state.marks].some(([cluster]) => sameCluster(named, cluster))
            : identity.clusters.every((cluster) => state.marks.has(cluster))
        }
        strictEqual(desired.complete, covered.length > 0 && covered.every(isRead))
      }),
    )
  })

  it('is not claimed of anything while a live task may have any name', () => {
    holdsInHistories(
      fc.property(histories(), ({ events: told, closing }) => {
        const known = [...told, ...closing].filter(({ _tag }) => _tag !== 'DefinitionDescribed')
        const state = fold(known)
        const desired = project(state, { expose: byContainerPort, covers: modelledClusters })
        const live = [...state.tasks].filter(
          ([, task]) => livenessOf(task, state.marks.get(task.cluster), defaultSkewAllowanceMs) === 'live',
        )
        strictEqual(desired.complete, live.length === 0)
        strictEqual(desired.unresolved.size, live.length)
      }),
    )
  })

  it('comes when the snapshots and the lookups have come, in any order, and what was complete before them was right', () => {
    holdsInHistories(
      fc.property(
        histories().chain((history) =>
          shuffled([...history.lookups, ...history.closing]).map((arrived) => ({ history, arrived })),
        ),
        ({ history: { truth }, arrived }) => {
          const again = projector(options)
          let state = emptyState
          arrived.forEach((event, i) => {
            state = reduce(state, event)
            const desired = again(state, i)
            const routes = routesOf(desired)
            for (const [name, { complete }] of desired.backends)
              if (complete) deepStrictEqual(routes.get(name), truth.get(name))
          })
          const last = again(state, arrived.length)
          ok(last.complete)
          for (const { complete } of last.backends.values()) ok(complete)
          deepStrictEqual(routesOf(last), truth)
        },
      ),
    )
  })
})

describe('a name that two services want', () => {
  const expose = servicePorts({ name: () => 'web' })
  const told = histories().map((history) => ({
    ...history,
    known: [...history.events, ...history.closing],
  }))
  const desiredOf = (known: readonly ClusterEvent[]): Desired =>
    project(fold(known), { expose, covers: modelledClusters })

  it('belongs to one of them: never a silent merge', () => {
    holdsInHistories(
      fc.property(told, ({ known, truth }) => {
        const desired = desiredOf(known)
        const endpoints = desired.backends.get('web')?.endpoints ?? []
        ok(new Set(endpoints.map(({ cluster, group }) => `${cluster} ${group ?? ''}`)).size <= 1)
        strictEqual(endpoints.length + desired.unresolved.size, [...truth.values()].flat().length)
        for (const [, { why }] of desired.unresolved) strictEqual(why, 'name-taken')
      }),
    )
  })

  it('belongs to the same one in any order of arrival', () => {
    holdsInHistories(
      fc.property(
        told.chain(({ known }) => fc.tuple(fc.constant(known), redelivered(known))),
        ([known, arrived]) => {
          deepStrictEqual(desiredContents(desiredOf(arrived)), desiredContents(desiredOf(known)))
        },
      ),
    )
  })

  it('is shared by all of them under a policy that pools', () => {
    holdsInHistories(
      fc.property(told, ({ known, truth }) => {
        const pooled = { ...servicePorts({ name: () => 'web' }), pooled: true }
        const desired = project(fold(known), { expose: pooled, covers: modelledClusters })
        const all = [...truth.values()].flat().sort()
        deepStrictEqual(routesOf(desired).get('web') ?? [], all)
        strictEqual(desired.unresolved.size, 0)
      }),
    )
  })
})

describe('two workers that join what they know', () => {
  it('desire the same', () => {
    holdsInHistories(
      fc.property(policy, events, events, ({ expose }, left, right) => {
        const [a, b] = [fold(left), fold(right)]
        const of = (state: typeof a): unknown =>
          desiredContents(project(state, { expose, covers: modelledClusters }))
        deepStrictEqual(of(clusterStateJoin.join(a, b)), of(clusterStateJoin.join(b, a)))
      }),
    )
  })
})
