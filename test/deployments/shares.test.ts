import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ClusterState, emptyState } from '../../src/core/cluster-state.js'
import { revisionOf, type Rollout, serviceOfTask } from '../../src/core/deployment.js'
import type { Endpoint } from '../../src/core/desired.js'
import { PersistentMap } from '../../src/core/persistent-map.js'
import type { BackendName, Policy } from '../../src/core/policy.js'
import { project, projector } from '../../src/core/project.js'
import { reduce } from '../../src/core/reduce.js'
import type { Task } from '../../src/core/task.js'
import { deployments } from '../../src/policies/deployments.js'
import { servicePorts } from '../../src/policies/service-ports.js'
import { modelledClusters } from '../../src/testing/modelled-service.js'
import { holds, refutation } from '../laws/holds.js'
import { runsForRareCases } from '../laws/runs.js'
import { type Balancer, rollingIsUntouched, sharesAreKept } from './share-law.js'

const options = { expose: deployments(servicePorts()), covers: modelledClusters }

const ours: Balancer = () => {
  const again = projector(options)
  let state = emptyState
  let revision = 0
  return (event) => {
    state = reduce(state, event)
    return endpointsOf(again(state, ++revision))
  }
}

const endpointsOf = ({
  backends,
}: ReturnType<typeof project>): ReadonlyMap<BackendName, readonly Endpoint[]> =>
  new Map([...backends].map(([name, { endpoints }]) => [name, endpoints]))

describe('the deployments policy', () => {
  it('keeps the shares of every revision, at every moment of every history', () => {
    holds(sharesAreKept(ours), runsForRareCases)
  })

  it('leaves services that deploy by rolling as they are without it', () => {
    holds(rollingIsUntouched(options.expose))
  })
})

/** A balancer that does otherwise with each state. */
const otherwise =
  (of: (state: ClusterState) => ReadonlyMap<BackendName, readonly Endpoint[]>): Balancer =>
  () => {
    let state = emptyState
    return (event) => {
      state = reduce(state, event)
      return of(state)
    }
  }

const right = (state: ClusterState): ReadonlyMap<BackendName, readonly Endpoint[]> =>
  endpointsOf(project(state, options))

const eachBackend = (
  backends: ReadonlyMap<BackendName, readonly Endpoint[]>,
  change: (endpoints: readonly Endpoint[], name: BackendName) => readonly Endpoint[],
): ReadonlyMap<BackendName, readonly Endpoint[]> =>
  new Map([...backends].map(([name, endpoints]) => [name, change(endpoints, name)]))

const weighing = (endpoint: Endpoint, weight: number): Endpoint =>
  endpoint.share === undefined ? endpoint : { ...endpoint, share: { ...endpoint.share, weight } }

type Shifting = Extract<Rollout, { _tag: 'Shifting' }>

const shiftingOf = (state: ClusterState, task: Task): Shifting | undefined => {
  const rollout = state.deployments.get(serviceOfTask(task) ?? '')?.described?.rollout
  return rollout?._tag === 'Shifting' ? rollout : undefined
}

/** The state as if other deployments had started the tasks. */
const startedBy = (
  state: ClusterState,
  other: (task: Task, rollout: Shifting) => string | undefined,
): ClusterState => ({
  ...state,
  tasks: PersistentMap.from(
    [...state.tasks].map(([arn, task]): [string, Task] => {
      const rollout = shiftingOf(state, task)
      const id = rollout === undefined ? undefined : other(task, rollout)
      return [arn, id === undefined ? task : { ...task, startedBy: id, definition: undefined }]
    }),
  ),
})

const wrong: Readonly<Record<string, Balancer>> = {
  'ignores the weights': otherwise((state) =>
    eachBackend(right(state), (endpoints) => endpoints.map((endpoint) => weighing(endpoint, 1))),
  ),

  'gives shares by numbers of tasks': otherwise((state) =>
    eachBackend(right(state), (endpoints) => {
      const target = endpoints.filter(({ share }) => share?.role === 'target')
      const percent = target[0]?.share?.percent ?? 100
      const admitted = target.slice(0, Math.ceil((endpoints.length * percent) / 100))
      return endpoints
        .filter((one) => one.share?.role !== 'target' || admitted.includes(one))
        .map((endpoint) => weighing(endpoint, 1))
    }),
  ),

  'takes the first tasks to arrive for the old revision': () => {
    const first = new Map<string, string | undefined>()
    let state = emptyState
    return (event) => {
      state = reduce(state, event)
      if (event._tag === 'TaskChanged') {
        const service = serviceOfTask(event.task)
        if (service !== undefined && !first.has(service)) first.set(service, event.task.startedBy)
      }
      return right(
        startedBy(state, (task, { source, target }) => {
          const isFirst = first.get(serviceOfTask(task) ?? '') === task.startedBy
          return (isFirst ? source[0] : target)?.startedBy[0]
        }),
      )
    }
  },

  'admits the new revision where the old one has nobody left': otherwise((state) => {
    const plain = endpointsOf(project(state, { ...options, expose: servicePorts() }))
    return eachBackend(right(state), (endpoints, name) =>
      endpoints.length > 0 ? endpoints : (plain.get(name) ?? []),
    )
  }),

  'gives each endpoint the share of its whole revision': otherwise((state) =>
    eachBackend(right(state), (endpoints) =>
      endpoints.map((endpoint) => weighing(endpoint, endpoint.share?.percent ?? 0)),
    ),
  ),

  'takes a task of an unknown revision for an old one': otherwise((state) =>
    right(
      startedBy(state, (task, rollout) =>
        revisionOf(task, rollout) === undefined ? rollout.source[0]?.startedBy[0] : undefined,
      ),
    ),
  ),

  'believes the definition, whatever started the task': otherwise((state) =>
    right(
      startedBy(state, ({ definition }, { source, target }) => {
        const same = [target, ...source].filter((one) => one.definition === definition)
        return same.length === 1 ? same[0]?.startedBy[0] : undefined
      }),
    ),
  ),

  'leaves a backend empty whose revision with traffic has no endpoint': otherwise((state) =>
    eachBackend(right(state), (endpoints) =>
      endpoints.every(({ share }) => share?.role === 'source') &&
      endpoints.some(({ group, cluster }) => {
        const rollout = state.deployments.get(
          `${cluster.replace(':cluster/', ':service/')}/${(group ?? '').slice('service:'.length)}`,
        )?.described?.rollout
        return rollout?._tag === 'Shifting' && rollout.target.production === 100
      })
        ? []
        : endpoints,
    ),
  ),
}

describe('the law of shares refutes a balancer that', () => {
  it.each(Object.entries(wrong))('%s', (_, balancer) => {
    const { failed, counterexample } = fc.check(sharesAreKept(balancer), refutation)
    expect(failed).toBe(true)
    expect(counterexample).not.toBeNull()
  })
})

describe('the law of rolling deployments', () => {
  it('refutes a policy that gives every endpoint a weight', () => {
    const { expose, ...rest } = servicePorts()
    const weighed: Policy = {
      ...rest,
      expose: (task, definition) => {
        const exposure = expose(task, definition)
        return exposure._tag === 'Ports'
          ? { ...exposure, ports: exposure.ports.map((port) => ({ ...port, weight: 1 })) }
          : exposure
      },
    }
    expect(fc.check(rollingIsUntouched(deployments(weighed)), refutation).failed).toBe(true)
  })
})
