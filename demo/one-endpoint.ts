import { once } from 'node:events'
import { createServer, type IncomingMessage, request as httpRequest, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Account } from './account.js'

/** One address for all services of an account, as AWS_ENDPOINT_URL wants it. */
export interface OneEndpoint {
  readonly port: number
  close(): Promise<void>
}

export interface OneEndpointOptions {
  /** The interface to listen on, such as 127.0.0.1. */
  readonly host: string
  /** 0 for a free one. */
  readonly port: number
}

/** Which server a request is for: SQS and DynamoDB name themselves in a header, and the other one serves the rest. */
const serverOf = (urls: Account['urls'], { headers }: IncomingMessage): string => {
  const target = headers['x-amz-target']
  const named = typeof target === 'string' ? target : ''
  if (named.startsWith('AmazonSQS.')) return urls.sqs
  return named.startsWith('DynamoDB_') ? urls.dynamoDb : urls.ecs
}

/** Passes a request on. It ends with whichever side ends first. */
const pass = (url: string, request: IncomingMessage, response: ServerResponse): void => {
  const { method, headers, url: path = '/' } = request
  const onward = httpRequest(new URL(path, url), { ...(method === undefined ? {} : { method }), headers })
  onward.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(response)
    answer.on('error', () => response.destroy())
  })
  onward.on('error', () => response.destroy())
  response.on('close', () => onward.destroy())
  request.pipe(onward)
}

/** Serves all services of the account on one port, and `GET /health`. Rejects if the port is taken. */
export const oneEndpoint = async (
  urls: Account['urls'],
  { host, port }: OneEndpointOptions,
): Promise<OneEndpoint> => {
  const server = createServer((request, response) => {
    if (request.method === 'GET' && request.url === '/health') response.end('ok\n')
    else pass(serverOf(urls, request), request, response)
  })
  server.listen(port, host)
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
