import type { ClusterState } from '../../src/core/cluster-state.js'
import { serviceArn } from '../../src/core/deployment.js'
import type { ClusterEvent } from '../../src/core/event.js'
import type { SimulatedCluster } from '../../sim/ecs/simulated-cluster.js'
import { definitionDescribed, instanceDescribed } from './described.js'
import { rolloutOf } from './rollout.js'

/** Asks the simulated cluster what the worker needs beside events and snapshots. */
export class Lookups {
  readonly #cluster: SimulatedCluster
  readonly #asked = new Set<string>()
  /** By service, the last answer about its deployments. */
  readonly #rollouts = new Map<string, string>()
  #count = 0

  constructor(cluster: SimulatedCluster) {
    this.#cluster = cluster
  }

  /** The answers that are new. Instances and definitions are asked for once; how services deploy, each time. */
  answers({ tasks }: ClusterState): readonly ClusterEvent[] {
    const answers: ClusterEvent[] = []
    for (const { instance, definition } of tasks.values()) {
      if (this.#isNew(instance)) {
        const found = this.#cluster.instance(instance)
        if (found !== undefined) answers.push(instanceDescribed(found, ++this.#count))
      }
      if (this.#isNew(definition)) {
        const found = this.#cluster.definitions().find(({ arn }) => arn === definition)
        if (found !== undefined) answers.push(definitionDescribed(found))
      }
    }
    return [...answers, ...this.#deployments()]
  }

  #isNew(key: string | undefined): key is string {
    if (key === undefined || this.#asked.has(key)) return false
    this.#asked.add(key)
    return true
  }

  #deployments(): readonly ClusterEvent[] {
    return this.#cluster.services().flatMap((service): readonly ClusterEvent[] => {
      const rollout = rolloutOf(service)
      // Of a service that deploys by rolling there is nothing to tell.
      if (rollout._tag === 'AtOnce') return []
      const text = JSON.stringify(rollout)
      if (this.#rollouts.get(service.name) === text) return []
      this.#rollouts.set(service.name, text)
      return [
        {
          _tag: 'DeploymentDescribed',
          service: serviceArn(this.#cluster.arn, service.name),
          rollout,
          at: ++this.#count,
        },
      ]
    })
  }
}
