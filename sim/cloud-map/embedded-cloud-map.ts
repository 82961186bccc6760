import { ServiceDiscoveryClient, type ServiceDiscoveryClientConfig } from '@aws-sdk/client-servicediscovery'
import { ApiFailure } from '../aws-api/api-failure.js'
import type { AwsInput } from '../aws-api/aws-request.js'
import { jsonApi } from '../aws-api/json-api.js'
import { CloudMapAccount } from './cloud-map-account.js'

/** A Cloud Map in this process, for tests. */
export interface EmbeddedCloudMap {
  readonly url: string
  /** Calls by operation so far, refused ones included. */
  readonly calls: ReadonlyMap<string, number>
  readonly services: () => readonly { readonly id: string; readonly name: string }[]
  /** The error code with which a call fails from now on; `undefined` for none. */
  readonly inject: (fault: (operation: string, input: AwsInput) => string | undefined) => void
  /** A client with invented credentials; `close` destroys it. */
  readonly client: (overrides?: ServiceDiscoveryClientConfig) => ServiceDiscoveryClient
  readonly close: () => Promise<void>
}

/**
 * Starts a server on 127.0.0.1 and a free port with the operations that the sink needs, for HTTP namespaces. Operations
 * are done when they have been asked for twice.
 */
export const embeddedCloudMap = async (): Promise<EmbeddedCloudMap> => {
  const account = new CloudMapAccount()
  const calls = new Map<string, number>()
  const clients: ServiceDiscoveryClient[] = []
  let faultOf: (operation: string, input: AwsInput) => string | undefined = () => undefined

  const { url, close } = await jsonApi((target, input) => {
    const operation = target.replace('Route53AutoNaming_v20170314.', '')
    calls.set(operation, (calls.get(operation) ?? 0) + 1)
    const fault = faultOf(operation, input)
    if (fault !== undefined) throw new ApiFailure(fault, 'Refused as the test wants it.')
    return account.answer(operation, input)
  })

  return {
    url,
    calls,
    services: () => account.services(),
    inject: (fault) => {
      faultOf = fault
    },
    client: (overrides = {}) => {
      const made = new ServiceDiscoveryClient({
        endpoint: url,
        region: 'us-east-1',
        credentials: { accessKeyId: 'embedded', secretAccessKey: 'embedded' },
        maxAttempts: 1,
        ...overrides,
      })
      clients.push(made)
      return made
    },
    close: async () => {
      for (const each of clients) each.destroy()
      await close()
    },
  }
}
