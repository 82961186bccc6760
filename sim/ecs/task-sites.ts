import { Pool } from '../../src/testing/ecs-model/pool.js'
import type { Random } from '../prng.js'
import type { InstanceFleet } from './instance-fleet.js'
import { networkInterface } from './network-interface.js'
import type { ServiceSpec } from './service-spec.js'
import type { SimulatedSite, SimulatedTask } from './simulated-task.js'

/** Places tasks on machines and network interfaces. */
export class TaskSites {
  readonly #interfaceSlots = new Pool(0)

  constructor(
    private readonly fleet: InstanceFleet,
    private readonly random: Random,
  ) {}

  /** Where the next task of the service runs. Throws if the cluster has no machine of the kind that it needs. */
  place({ name, placement, dualStack = false }: ServiceSpec): SimulatedSite {
    const { place, network } = this.fleet
    const kind = placement === 'external' ? 'external' : 'ec2'
    const instance = placement === 'fargate' ? undefined : this.fleet.drawActive(kind)
    if (instance === undefined && placement !== 'fargate') {
      throw new Error(`service ${name} needs at least one ${kind} instance`)
    }
    const ownInterface = placement === 'fargate' || placement === 'awsvpc'
    return {
      place,
      instance,
      networkInterface: ownInterface
        ? networkInterface(this.#interfaceSlots.take(), network, dualStack, this.random)
        : undefined,
      availabilityZone: instance?.availabilityZone ?? `${place.region}${this.random.pick(['a', 'b', 'c'])}`,
    }
  }

  /** The task has stopped: its addresses go to the next one. */
  release(task: SimulatedTask, now: number): void {
    const { networkInterface: eni, instance } = task.site
    if (eni !== undefined) this.#interfaceSlots.giveBack(eni.slot)
    if (instance !== undefined) this.fleet.retireIfEmpty(instance, now)
  }
}
