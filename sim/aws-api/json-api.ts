/** A server that speaks AWS JSON 1.1, as most services do. */
import type { AddressInfo } from 'node:net'
import { text as bodyText } from 'node:stream/consumers'
import { ApiFailure } from './api-failure.js'
import { type AwsInput, type AwsOutput, jsonInput } from './aws-request.js'
import { httpServer } from '../http-server.js'

export interface JsonApi {
  readonly url: string
  /** Breaks open connections. */
  readonly close: () => Promise<void>
}

/**
 * Listens on 127.0.0.1 and a free port. `answer` gets what the header `x-amz-target` names, such as
 * `AWSEvents.PutEvents`, and may throw an `ApiFailure`.
 */
export const jsonApi = async (answer: (target: string, input: AwsInput) => AwsOutput): Promise<JsonApi> => {
  const answerTo = (
    target: string,
    body: string,
  ): { readonly status: number; readonly output: AwsOutput } => {
    try {
      return { status: 200, output: answer(target, jsonInput(body)) }
    } catch (thrown) {
      if (!(thrown instanceof ApiFailure)) throw thrown
      return { status: thrown.status, output: { __type: thrown.code, message: thrown.message } }
    }
  }
  const server = httpServer((request, response) => {
    void bodyText(request).then((body) => {
      const { status, output } = answerTo(String(request.headers['x-amz-target']), body)
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(output))
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
