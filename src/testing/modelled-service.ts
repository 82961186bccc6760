import type { Place } from './ecs-model/place.js'

export interface ModelledService {
  readonly place: Place
  readonly name: string
  /** `awsvpc` stands for Fargate: an own interface and no instance. `bridge` stands for EC2: ports of the instance. */
  readonly network: 'awsvpc' | 'bridge'
  /** Whether a non-essential container with a UDP port runs beside the main one. */
  readonly sidecar: boolean
  /** Whether it deploys in stages; otherwise by rolling. */
  readonly stages: boolean
}
