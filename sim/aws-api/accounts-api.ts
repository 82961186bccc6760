import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { AwsApi } from './aws-api.js'
import { signatureOf } from './sts-api.js'
import { httpServer } from '../http-server.js'

/** A call that reached an account. */
export interface AccountCall {
  readonly accessKey: string
  readonly region: string
  readonly body: string
}

export interface AccountsApi {
  readonly url: string
  readonly calls: readonly AccountCall[]
  close(): Promise<void>
}

/** One endpoint for the APIs of several accounts, as on AWS: the access key selects the account. */
export const accountsApi = async (byAccessKey: Readonly<Record<string, AwsApi>>): Promise<AccountsApi> => {
  const calls: AccountCall[] = []
  const server = httpServer((request, response) => {
    const forward = async (): Promise<void> => {
      const { accessKey, region } = signatureOf(request)
      const body = await text(request)
      calls.push({ accessKey, region, body })
      const api = byAccessKey[accessKey]
      if (api === undefined) {
        response.writeHead(400, { 'content-type': 'application/x-amz-json-1.1' }).end(
          JSON.stringify({
            __type: 'UnrecognizedClientException',
            message: 'The security token is invalid.',
          }),
        )
        return
      }
      const target = request.headers['x-amz-target']
      const answer = await fetch(`${api.url}${request.url ?? ''}`, {
        method: 'POST',
        headers: {
          'content-type': request.headers['content-type'] ?? '',
          ...(typeof target === 'string' ? { 'x-amz-target': target } : {}),
        },
        body,
      })
      response
        .writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' })
        .end(await answer.text())
    }
    void forward()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    close: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
