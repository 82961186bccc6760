import type { Millis } from '../core/clock.js'
import { containerArn } from './ecs-model/place.js'
import { TaskLife } from './ecs-model/task-life.js'
import type { TaskVariations } from './ecs-model/task-stages.js'
import { containersOf } from './modelled-definition.js'
import type { ModelledRevision } from './modelled-deployment.js'
import type { ModelledSite } from './modelled-hosts.js'
import { hexId, uuid } from './modelled-ids.js'
import type { ModelledService } from './modelled-service.js'

/** Nothing is left to chance: what ECS does at times, an `odd` operation shows in the event instead. */
const variations: TaskVariations = {
  pulled: () => false,
  losesAttachments: () => false,
  drains: () => true,
}

export interface ModelledTaskOptions {
  /** Numbers the tasks of a world; all of its ids derive from it. */
  readonly ordinal: number
  readonly service: ModelledService
  readonly revision: ModelledRevision
  readonly site: ModelledSite
  /** When it is created, in true time. */
  readonly created: Millis
  /** The same, by ECS's clock. */
  readonly stamp: Millis
}

/** A task of a history. */
export class ModelledTask extends TaskLife<ModelledSite> {
  readonly service: ModelledService
  readonly revision: ModelledRevision
  readonly created: Millis

  constructor({ ordinal, service, revision, site, created, stamp }: ModelledTaskOptions) {
    const id = hexId(ordinal, 32)
    super({
      id,
      site,
      definition: {
        arn: revision.definition,
        networkMode: service.network,
        launchType: service.network === 'awsvpc' ? 'FARGATE' : 'EC2',
      },
      containers: containersOf(service, revision.containerPort).map((spec, i) => ({
        spec,
        arn: containerArn(site.place, id, uuid(ordinal, i)),
        // Fargate's runtime ids have another form than Docker's.
        runtimeId:
          service.network === 'awsvpc' ? `${id}-${String(i).padStart(10, '0')}` : `${hexId(i, 32)}${id}`,
      })),
      group: `service:${service.name}`,
      startedBy: revision.startedBy,
      secret: `secret of task ${ordinal}`,
      health: 'UNKNOWN',
      createdAt: stamp,
      variations,
    })
    this.service = service
    this.revision = revision
    this.created = created
  }

  get isLive(): boolean {
    return this.endpoint !== undefined && this.health !== 'UNHEALTHY'
  }

  flipHealth(): void {
    if (this.lastStatus === 'RUNNING') this.health = this.health === 'UNHEALTHY' ? 'HEALTHY' : 'UNHEALTHY'
  }
}
