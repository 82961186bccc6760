import { containerArn } from '../../src/testing/ecs-model/place.js'
import { TaskLife } from '../../src/testing/ecs-model/task-life.js'
import type { TaskSite } from '../../src/testing/ecs-model/task-site.js'
import type { Random } from '../prng.js'
import type { NetworkInterface } from './network-interface.js'
import { groupOf } from './service-spec.js'
import type { SimulatedDefinition } from './simulated-definition.js'
import type { SimulatedInstance } from './simulated-instance.js'
import type { SimulatedRevision } from './simulated-revision.js'
import type { SimulatedService } from './simulated-service.js'

/** A place in the simulated cluster. */
export interface SimulatedSite extends TaskSite {
  readonly instance: SimulatedInstance | undefined
  readonly networkInterface: NetworkInterface | undefined
}

/** A task of the simulated cluster: ids are random, and so is what ECS does for some tasks and not for others. */
export class SimulatedTask extends TaskLife<SimulatedSite> {
  readonly definition: SimulatedDefinition

  constructor(
    readonly service: SimulatedService,
    readonly revision: SimulatedRevision,
    site: SimulatedSite,
    /** The launch number within the cluster: a stable order for listings. */
    readonly ordinal: number,
    now: number,
    random: Random,
  ) {
    const { definition, startedBy } = revision
    const id = random.hex(32)
    super({
      id,
      site,
      definition,
      group: groupOf(service.spec),
      startedBy,
      secret: random.hex(24),
      health: definition.containers.some(({ healthCheck }) => healthCheck) ? 'UNKNOWN' : 'HEALTHY',
      containers: definition.containers.map((spec) => ({
        spec,
        arn: containerArn(site.place, id, random.uuid()),
        // Fargate's runtime ids have another form than Docker's.
        runtimeId: site.instance === undefined ? `${id}-${random.int(1e9)}` : random.hex(64),
      })),
      createdAt: now,
      variations: {
        pulled: () => random.chance(0.5),
        losesAttachments: () => random.chance(0.15),
        drains: () => random.chance(0.5),
      },
    })
    this.definition = definition
  }

  /** The stamp of its next version. Each version has a later one, even by a coarse clock. */
  stamp(now: number): number {
    return Math.max(now, this.updatedAt + 1)
  }
}
