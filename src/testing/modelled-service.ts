import type { ClusterArn } from '../core/arn.js'
import { clusterArn, type Place } from './ecs-model/place.js'

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

const account = { region: 'eu-west-1', account: '123456789012' }
const staging: Place = { ...account, cluster: 'staging' }
const production: Place = { ...account, cluster: 'production' }

/** Where the clusters of every `World` are. */
export const modelledPlaces: readonly Place[] = [staging, production]

/** The clusters of every `World`. */
export const modelledClusters: readonly ClusterArn[] = modelledPlaces.map(clusterArn)

/** The services of every `World`. */
export const modelledServices: readonly ModelledService[] = [
  { place: staging, name: 'web', network: 'bridge', sidecar: false, stages: true },
  { place: staging, name: 'api', network: 'awsvpc', sidecar: true, stages: false },
  { place: production, name: 'mail', network: 'bridge', sidecar: true, stages: false },
  { place: production, name: 'shop', network: 'awsvpc', sidecar: false, stages: true },
]
