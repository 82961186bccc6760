import { ServiceDiscoveryClient, type ServiceDiscoveryClientConfig } from '@aws-sdk/client-servicediscovery'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text as bodyText } from 'node:stream/consumers'
import { ApiFailure } from '../aws-api/api-failure.js'
import { type AwsInput, type AwsOutput, jsonInput } from '../aws-api/aws-request.js'
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

  const answerTo = (
    target: unknown,
    body: string,
  ): { readonly status: number; readonly output: AwsOutput } => {
    try {
      const operation = String(target).replace('Route53AutoNaming_v20170314.', '')
      const input = jsonInput(body)
      calls.set(operation, (calls.get(operation) ?? 0) + 1)
      const fault = faultOf(operation, input)
      if (fault !== undefined) throw new ApiFailure(fault, 'Refused as the test wants it.')
      return { status: 200, output: account.answer(operation, input) }
    } catch (thrown) {
      if (!(thrown instanceof ApiFailure)) throw thrown
      return { status: thrown.status, output: { __type: thrown.code, Message: thrown.message } }
    }
  }

  const server = createServer((request, response) => {
    void bodyText(request).then((body) => {
      const { status, output } = answerTo(request.headers['x-amz-target'], body)
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(output))
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

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
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
