import type { InstanceArn } from '../core/arn.js'
import { chosen } from './chosen.js'
import { containerInstanceArn, type Place } from './ecs-model/place.js'
import { Pool } from './ecs-model/pool.js'
import type { SiteInstance, SiteInterface, TaskSite } from './ecs-model/task-site.js'
import { hexId, uuid } from './modelled-ids.js'
import type { ModelledService } from './modelled-service.js'

export interface ModelledInstance extends SiteInstance {
  readonly arn: InstanceArn
  /** The id of its machine. */
  readonly machine: string
  readonly place: Place
}

interface ModelledInterface extends SiteInterface {
  /** The last part of its address. */
  readonly host: number
}

export interface ModelledSite extends TaskSite {
  readonly instance: ModelledInstance | undefined
  readonly networkInterface: ModelledInterface | undefined
}

/** Where tasks run: container instances with their ports, and addresses of network interfaces. */
export class ModelledHosts {
  readonly #instances: ModelledInstance[] = []
  readonly #hosts = new Pool(1)
  #registered = 0
  #attached = 0

  register(place: Place, privateIp: string): ModelledInstance {
    const n = ++this.#registered
    const instance: ModelledInstance = {
      arn: containerInstanceArn(place, hexId(n, 32)),
      machine: `i-${hexId(n, 17)}`,
      place,
      privateIp,
      dualStack: true,
      ports: { tcp: new Pool(32_768), udp: new Pool(32_768) },
    }
    this.#instances.push(instance)
    return instance
  }

  remove(pick: number): ModelledInstance | undefined {
    return this.#instances.splice(pick % this.#instances.length, 1)[0]
  }

  /** Where the next task of the service runs; `undefined` if there is no instance for it. */
  place({ place, network }: ModelledService, pick: number): ModelledSite | undefined {
    const site = { place, availabilityZone: `${place.region}a` }
    if (network === 'awsvpc') return { ...site, instance: undefined, networkInterface: this.#interface() }
    const instance = chosen(
      this.#instances.filter((one) => one.place === place),
      pick,
    )
    return instance && { ...site, instance, networkInterface: undefined }
  }

  /** A task there has stopped: the next one may get its address. */
  release({ networkInterface }: ModelledSite): void {
    if (networkInterface !== undefined) this.#hosts.giveBack(networkInterface.host)
  }

  #interface(): ModelledInterface {
    const n = ++this.#attached
    const host = this.#hosts.take()
    return {
      host,
      attachmentId: uuid(n, 1),
      loadBalancerAttachmentId: uuid(n, 2),
      id: `eni-${hexId(n, 17)}`,
      subnetId: `subnet-${hexId(1, 17)}`,
      macAddress: '02:00:5e:00:53:01',
      privateIp: `10.1.0.${host}`,
      ipv6: undefined,
    }
  }
}
