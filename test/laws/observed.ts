/** What can be seen of states and of what is desired, in a form that `deepStrictEqual` compares. */
import { type ClusterState, emptyState } from '../../src/core/cluster-state.js'
import type { Desired } from '../../src/core/desired.js'
import type { ClusterEvent } from '../../src/core/event.js'
import type { PersistentMap } from '../../src/core/persistent-map.js'
import { project } from '../../src/core/project.js'
import { reduce } from '../../src/core/reduce.js'
import { servicePorts } from '../../src/policies/service-ports.js'
import { modelledClusters } from '../../src/testing/modelled-service.js'

/** By backend: `host:port`, in order, each once. Backends without any are left out. */
export type Routes = ReadonlyMap<string, readonly string[]>

export const options = { expose: servicePorts(), covers: modelledClusters }

export const fold = (events: readonly ClusterEvent[], from: ClusterState = emptyState): ClusterState =>
  events.reduce(reduce, from)

const contents = <V extends object>(map: PersistentMap<V>): ReadonlyMap<string, V> => new Map(map)

export const stateContents = ({
  tasks,
  instances,
  definitions,
  deployments,
  health,
  marks,
  identities,
  refusals,
  logs,
}: ClusterState): unknown => ({
  tasks: contents(tasks),
  instances: contents(instances),
  definitions: contents(definitions),
  deployments: contents(deployments),
  health: contents(health),
  marks: contents(marks),
  identities: contents(identities),
  refusals: contents(refusals),
  logs: contents(logs),
})

export const desiredContents = ({
  backends,
  complete,
  awaited,
  unjudged,
  readings,
  unresolved,
}: Desired): unknown => ({
  backends: contents(backends),
  complete,
  awaited,
  unjudged: [...unjudged].sort(),
  readings: new Map([...readings].sort()),
  unresolved: contents(unresolved),
})

export const routesOf = ({ backends }: Desired): Routes =>
  new Map(
    [...backends]
      .filter(([, { endpoints }]) => endpoints.length > 0)
      .map(([name, { endpoints }]): [string, readonly string[]] => [
        name,
        [...new Set(endpoints.map(({ host, port }) => `${host}:${port}`))].sort(),
      ])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )

/** What the fold of some events routes to. */
export const routed = (events: readonly ClusterEvent[]): Routes => routesOf(project(fold(events), options))
