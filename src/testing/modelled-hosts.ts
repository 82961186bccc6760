import type { ClusterArn, InstanceArn } from '../core/arn.js'
import type { ModelledService, Placement } from './modelled-task.js'

export interface ModelledInstance {
  readonly arn: InstanceArn
  readonly cluster: ClusterArn
  readonly address: string
  readonly ports: Set<number>
}

/** One of them, by a number of any size; none of none. */
export const chosen = <A>(items: readonly A[], pick: number): A | undefined => items[pick % items.length]

/** The least number from `first` that is not taken, which it then is: what is given back is used again at once. */
const take = (taken: Set<number>, first: number): number => {
  let free = first
  while (taken.has(free)) free++
  taken.add(free)
  return free
}

/** Where tasks run: container instances with their ports, and the addresses of interfaces. */
export class ModelledHosts {
  readonly #instances: ModelledInstance[] = []
  /** Last numbers of addresses in use. */
  readonly #interfaces = new Set<number>()
  #registered = 0

  register(cluster: ClusterArn, address: string): ModelledInstance {
    const arn = `${cluster.replace(':cluster/', ':container-instance/')}/${++this.#registered}`
    const instance = { arn, cluster, address, ports: new Set<number>() }
    this.#instances.push(instance)
    return instance
  }

  remove(pick: number): ModelledInstance | undefined {
    return this.#instances.splice(pick % this.#instances.length, 1)[0]
  }

  place(service: ModelledService, pick: number, containerPort: number): Placement | undefined {
    return service.network === 'awsvpc'
      ? this.#placeOnInterface(containerPort)
      : this.#placeOnInstance(service.cluster, pick)
  }

  #placeOnInterface(containerPort: number): Placement {
    const host = take(this.#interfaces, 1)
    return {
      instance: undefined,
      address: `10.1.0.${host}`,
      port: containerPort,
      sidecarPort: 8125,
      release: () => void this.#interfaces.delete(host),
    }
  }

  #placeOnInstance(cluster: ClusterArn, pick: number): Placement | undefined {
    const instance = chosen(
      this.#instances.filter((one) => one.cluster === cluster),
      pick,
    )
    if (instance === undefined) return undefined
    const port = take(instance.ports, 32768)
    const sidecarPort = take(instance.ports, 40000)
    return {
      instance: instance.arn,
      address: instance.address,
      port,
      sidecarPort,
      release: () => {
        instance.ports.delete(port)
        instance.ports.delete(sidecarPort)
      },
    }
  }
}
