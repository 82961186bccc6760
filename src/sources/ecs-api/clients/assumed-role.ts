import { ECSClient } from '@aws-sdk/client-ecs'
import type { fromTemporaryCredentials } from '@aws-sdk/credential-providers'
import { clientSettings, environmentRegion } from '../../../shared/aws/aws-clients.js'

/** An IAM role that the environment's credentials may assume. */
export interface AssumedRole {
  /** `arn:aws:iam::<account>:role/<name>` */
  readonly arn: string
  /** What the role's trust policy asks for as `sts:ExternalId`. Default: none. */
  readonly externalId?: string | undefined
}

/** What clients of the SDK take as `credentials`. */
type Credentials = ReturnType<typeof fromTemporaryCredentials>

/** The role's sessions in CloudTrail are named this. */
const sessionName = 'ecs-task-stream'

/**
 * A role's credentials. Each client of the SDK keeps them, and gets new ones five minutes before they expire. STS is
 * asked in `region`, else in the environment's, else in that of the client: a regional endpoint, whose credentials
 * are valid in every region of the account, in a region that the caller's own account has enabled.
 */
export const assumedRole = ({ arn, externalId }: AssumedRole, region: string): Credentials => {
  const { requestHandler } = clientSettings({ region })
  const load = async (otherwise: string): Promise<Credentials> => {
    // Loaded only where a role is assumed.
    const { fromTemporaryCredentials } = await import('@aws-sdk/credential-providers')
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
