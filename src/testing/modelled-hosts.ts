import type { InstanceArn } from '../core/arn.js'
import { containerInstanceArn, type Place } from './ecs-json/place.js'
import { hexId } from './modelled-ids.js'
import type { ModelledService, Placement } from './modelled-task.js'

export interface ModelledInstance {
  readonly arn: InstanceArn
  /** The id of its machine. */
  readonly machine: string
  readonly place: Place
  readonly address: string
  readonly ports: Set<number>
}

/** Selects an item by a number of any size; `undefined` if there is none. */
export const chosen = <A>(items: readonly A[], pick: number): A | undefined => items[pick % items.length]

/** Takes the least free number from `first` on. A number that is given back is reused immediately. */
const take = (taken: Set<number>, first: number): number => {
  let free = first
  while (taken.has(free)) free++
  taken.add(free)
  return free
}

/** Where tasks run: container instances with their ports, and addresses of network interfaces. */
export class ModelledHosts {
  readonly #instances: ModelledInstance[] = []
  /** The last parts of the addresses in use. */
  readonly #interfaces = new Set<number>()
  #registered = 0

  register(place: Place, address: string): ModelledInstance {
    const n = ++this.#registered
    const arn = containerInstanceArn(place, hexId(n, 32))
    const instance = { arn, machine: `i-${hexId(n, 17)}`, place, address, ports: new Set<number>() }
    this.#instances.push(instance)
    return instance
  }

  remove(pick: number): ModelledInstance | undefined {
    return this.#instances.splice(pick % this.#instances.length, 1)[0]
  }

  place(service: ModelledService, pick: number, containerPort: number): Placement | undefined {
    return service.network === 'awsvpc'
      ? this.#placeOnInterface(containerPort)
      : this.#placeOnInstance(service.place, pick)
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

  #placeOnInstance(place: Place, pick: number): Placement | undefined {
    const instance = chosen(
      this.#instances.filter((one) => one.place === place),
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
