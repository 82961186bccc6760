import { ECSClient } from '@aws-sdk/client-ecs'
import type { fromTemporaryCredentials } from '@aws-sdk/credential-providers'
import { clientSettings, environmentRegion } from '../../../shared/aws/aws-clients.js'

/** An IAM role that the environment's credentials may assume. */
export interface AssumedRole {
  /** `arn:aws:iam::<account>:role/<name>` */
  readonly arn: string
  /** The `sts:ExternalId` that the role's trust policy requires. Default: none. */
  readonly externalId?: string | undefined
}

/** The type of the option `credentials` of SDK clients. */
type Credentials = ReturnType<typeof fromTemporaryCredentials>

/** The name of the role's sessions in CloudTrail. */
const sessionName = 'ecs-task-stream'

/**
 * The credentials of a role. Each SDK client caches them, and gets new ones five minutes before they expire. STS is
 * called in `region`, or else in the environment's region, or else in the client's. This is a regional endpoint in a
 * region that the caller's account has enabled; its credentials are valid in every region of the account.
 */
export const assumedRole = ({ arn, externalId }: AssumedRole, region: string): Credentials => {
  const { requestHandler } = clientSettings({ region })
  const load = async (otherwise: string): Promise<Credentials> => {
    // Loaded only if a role is assumed.
    const { fromTemporaryCredentials } = await import('./temporary-credentials.js')
    return fromTemporaryCredentials({
      params: {
        RoleArn: arn,
        RoleSessionName: sessionName,
        ...(externalId === undefined ? {} : { ExternalId: externalId }),
      },
      clientConfig: {
        region: region === '' ? await environmentRegion(new ECSClient({}), otherwise) : region,
        requestHandler,
        maxAttempts: 3,
      },
    })
  }
  let provider: Promise<Credentials> | undefined
  return async (properties = {}) => {
    provider ??= load((await properties.callerClientConfig?.region()) ?? 'us-east-1')
    return (await provider)(properties)
  }
}
