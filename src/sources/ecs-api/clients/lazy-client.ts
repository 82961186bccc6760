import type { EC2Client } from '@aws-sdk/client-ec2'
import type { SSMClient } from '@aws-sdk/client-ssm'
import type { clientSettings } from '../../../shared/aws/aws-clients.js'
import type { assumedRole } from './assumed-role.js'

type Settings = ReturnType<typeof clientSettings> & {
  readonly credentials?: ReturnType<typeof assumedRole>
}

export interface LazyClient<C> {
  /** Loads the SDK's module and makes the client, with the first call. If that fails, the next call tries again. */
  readonly get: () => Promise<C>
  /** Destroys the client if it was made. */
  readonly destroy: () => void
}

const lazyClient = <C extends { destroy(): void }>(make: () => Promise<C>): LazyClient<C> => {
  let making: Promise<C> | undefined
  return {
    get: () =>
      (making ??= make().catch((thrown: unknown) => {
        making = undefined
        throw thrown
      })),
    destroy: () => {
      void making?.then(
        (client) => client.destroy(),
        () => undefined,
      )
    },
  }
}

/** EC2 has more operations than all other clients together, so its module takes the longest to load. */
export const lazyEc2 = (settings: Settings): LazyClient<EC2Client> =>
  lazyClient(async () => (await import('./ec2-client.js')).ec2Client(settings))

export const lazySsm = (settings: Settings): LazyClient<SSMClient> =>
  lazyClient(async () => (await import('./ssm-client.js')).ssmClient(settings))
