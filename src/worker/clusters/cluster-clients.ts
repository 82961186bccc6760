import type { Place } from '../../core/arn.js'
import { clientsByAccount } from '../../sources/ecs-api/clients/clients-by-account.js'
import type { InstanceClients } from '../../sources/ecs-api/clients/instance-clients.js'
import type { RoleSettings } from './role-settings.js'

/**
 * AWS clients by account and region, from a worker's settings. Pass the same function to every source that calls AWS.
 */
export const clusterClients = ({
  assumeRole,
  externalId: id,
  region,
}: Partial<RoleSettings> & { readonly region?: string | undefined }): ((place: Place) => InstanceClients) =>
  clientsByAccount({ roles: (assumeRole ?? []).map((arn) => ({ arn, externalId: id })), region })
