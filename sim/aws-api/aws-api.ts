import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ApiFailure } from './api-failure.js'
import {
  type AwsAnswer,
  awsAnswers,
  broken,
  callOf,
  denied,
  failure,
  REQUEST_ID,
  throttled,
} from './aws-answers.js'
import type { SimulatedCluster } from '../ecs/simulated-cluster.js'
import { httpServer } from '../http-server.js'

/**
 * The outcome of a call: a response, the service's throttling error, its internal error, a refusal for a missing
 * permission or a malformed request, no response until the client gives up, or a broken connection.
 */
export type CallOutcome = 'ok' | 'throttle' | 'error500' | 'denied' | 'invalid' | 'hang' | 'drop'

/**
 * Decides the outcome of the `n`-th call (from 1) of an operation such as `DescribeTasks`. `asked` is the request's
 * body, which contains the names and ARNs that it asks for.
 */
export type ApiFaults = (operation: string, n: number, asked: string) => CallOutcome

export interface ApiOptions {
  /** Default: none. */
  readonly faults?: ApiFaults
  /** The time in the responses' `Date` header; no header for `undefined`. Default: the machine's time. */
  readonly now?: () => number | undefined
}

/** The running server. */
export interface AwsApi {
  /** The `endpoint` to give to the ECS, EC2 and SSM clients. */
  readonly url: string
  /** Calls per operation so far, refused ones included. */
  readonly calls: ReadonlyMap<string, number>
  /** Replaces the faults; earlier calls keep their outcome. */
  inject(faults: ApiFaults): void
  /** Stops listening and breaks all open connections, including hanging calls. */
  close(): Promise<void>
}

/**
 * The ECS, EC2 and SSM operations that the package uses, over simulated clusters of one account and region, in the real wire protocols
 * (AWS JSON 1.1 and EC2 Query), so that the real SDK clients work with it. It listens on 127.0.0.1, on a free port, and
 * accepts any credentials.
 */
export const awsApi = async (
  clusters: readonly SimulatedCluster[],
  options: ApiOptions = {},
): Promise<AwsApi> => {
  const answer = awsAnswers(clusters)
  const calls = new Map<string, number>()
  let faults: ApiFaults = options.faults ?? (() => 'ok')
  let closed: Promise<void> | undefined

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const target = request.headers['x-amz-target']
    const call = callOf(typeof target === 'string' ? target : undefined, await bodyOf(request))
    const n = (calls.get(call.operation) ?? 0) + 1
    calls.set(call.operation, n)
    const outcome = faults(
      call.operation,
      n,
      call._tag === 'Json' ? call.body : decodeURIComponent(call.form.toString()),
    )
    switch (outcome) {
      case 'hang':
        return
      case 'drop':
        request.socket.destroy()
        return
      case 'throttle':
        send(response, failure(call, throttled(call)))
        return
      case 'error500':
        send(response, failure(call, broken))
        return
      case 'denied':
        send(response, failure(call, denied(call)))
        return
      case 'invalid':
        send(response, failure(call, new ApiFailure('InvalidParameterException', 'Invalid identifier.')))
        return
      case 'ok':
        send(response, answer(call))
        return
    }
  }

  const { now = Date.now } = options
  const server = httpServer((request, response) => {
    const date = now()
    if (date === undefined) response.sendDate = false
    else response.setHeader('date', new Date(date).toUTCString())
    serve(request, response).catch((error: unknown) => {
      // A client that disconnects in the middle of its request is ignored; anything else is a bug and is thrown.
      if (request.complete) throw error
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    inject: (next) => {
      faults = next
    },
    close: () => {
      // A second call waits for the same shutdown.
      closed ??= new Promise<void>((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)))
        server.closeAllConnections()
      })
      return closed
    },
  }
}

const send = (response: ServerResponse, { status, type, body }: AwsAnswer): void => {
  response.writeHead(status, { 'content-type': type, 'x-amzn-requestid': REQUEST_ID })
  response.end(body)
}

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
