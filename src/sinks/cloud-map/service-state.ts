import { createHash } from 'node:crypto'
import type { Owner, Row } from '../../core/sink.js'
import { canonicalText } from '../../shared/codec/json.js'
import { type CloudMapInstances, isOfEcs, type ListedInstance, ownInstances } from './instance.js'
import type { CloudMapRegistry, CloudMapService } from './registry.js'

/** Whose a service is in which ECS itself registers tasks. */
const ecs: Owner = 'Amazon ECS'

/** A service as it was read. */
export interface ServiceState {
  readonly service: CloudMapService
  readonly listed: readonly ListedInstance[]
  readonly row: Row<CloudMapInstances>
}

/** The record of a service. Instances of others are no part of it, and never in the way. */
export const serviceState = async (
  registry: CloudMapRegistry,
  service: CloudMapService,
  signal: AbortSignal,
): Promise<ServiceState> => {
  const [listed, tagged] = await Promise.all([
    registry.instances(service, signal),
    registry.ownerOf(service, signal),
  ])
  const value = ownInstances(listed)
  const owner = listed.some(isOfEcs) ? ecs : tagged
  const etag = createHash('sha256')
    .update(canonicalText([owner ?? null, value]))
    .digest('hex')
  return { service, listed, row: { key: service.name, value, owner, etag } }
}
