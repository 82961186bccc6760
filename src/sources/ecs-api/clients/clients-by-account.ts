import { OptionError } from '../../../core/option-error.js'
import { ECSClient } from '@aws-sdk/client-ecs'
import type { Place } from '../../../core/arn.js'
import { type AssumedRole, assumedRole } from './assumed-role.js'
import { clientSettings, perPlace } from '../../../shared/aws/aws-clients.js'
import type { InstanceClients } from './instance-clients.js'
import { lazyEc2, lazySsm } from './lazy-client.js'
import { roleAccount } from './role-arn.js'

export type { AssumedRole } from './assumed-role.js'
export type { EcsClients } from './ecs-client.js'
export type { InstanceClients } from './instance-clients.js'

export interface ClientsByAccountOptions {
  /** Roles to assume, at most one per account. Default: none. */
  readonly roles?: readonly AssumedRole[]
  /** The region for STS, and for clusters that do not name one. Default: resolved by the AWS SDK. */
  readonly region?: string | undefined
}

interface Destroyable {
  readonly clients: InstanceClients
  readonly destroy: () => void
}

/**
 * Returns the clients for an account and region, with the credentials of the account's role in `roles`, or else those
 * of the environment. Pass the same function to every source that calls AWS (its option `clients`), so that all use the
 * same settings and share connections and credentials.
 *
 * IAM: `sts:AssumeRole` on the roles.
 *
 * @throws OptionError for an invalid role ARN, and for two roles in one account.
 */
export const clientsByAccount = ({ roles = [], region = '' }: ClientsByAccountOptions = {}): ((
  place: Place,
) => InstanceClients) => {
  const credentialsOf = new Map(roles.map((role) => [roleAccount(role.arn), assumedRole(role, region)]))
  if (credentialsOf.size < roles.length)
    throw new OptionError(
      `roles: expected at most one per account, got ${roles.map(({ arn }) => arn).join(', ')}`,
    )
  const made = perPlace(
    (place): Destroyable => {
      const credentials = credentialsOf.get(place.account)
      const settings = {
        ...clientSettings(place.region === '' ? { region } : place),
        ...(credentials === undefined ? {} : { credentials }),
      }
      const ecs = new ECSClient(settings)
      const [ec2, ssm] = [lazyEc2(settings), lazySsm(settings)]
      return {
        clients: { ecs, ec2: ec2.get, ssm: ssm.get },
        destroy: () => {
          for (const client of [ecs, ec2, ssm]) client.destroy()
        },
      }
    },
    ({ destroy }) => destroy(),
  )
  return (place) => made(place).clients
}
