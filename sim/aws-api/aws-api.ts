import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ApiFailure } from './api-failure.js'
import { jsonInput } from './aws-request.js'
import { ec2Operations, element } from './ec2-operations.js'
import { ecsOperations } from './ecs-operations.js'
import type { SimulatedCluster } from '../ecs/simulated-cluster.js'
import { ssmOperations } from './ssm-operations.js'
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
  const answer = answers(clusters)
  const calls = new Map<string, number>()
  let faults: ApiFaults = options.faults ?? (() => 'ok')
  let closed: Promise<void> | undefined

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const call = callOf(request, await bodyOf(request))
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

/** A request, as far as its protocol's headers reveal. */
type Call =
  | { readonly _tag: 'Json'; readonly service: string; readonly operation: string; readonly body: string }
  | { readonly _tag: 'Query'; readonly operation: string; readonly form: URLSearchParams }

interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string
}

const callOf = (request: IncomingMessage, body: string): Call => {
  const target = request.headers['x-amz-target']
  if (typeof target === 'string') {
    const [service = '', operation = ''] = target.split('.')
    return { _tag: 'Json', service, operation, body }
  }
  const form = new URLSearchParams(body)
  return { _tag: 'Query', operation: form.get('Action') ?? '', form }
}

const answers = (clusters: readonly SimulatedCluster[]): ((call: Call) => Answer) => {
  const services = new Map([
    ['AmazonEC2ContainerServiceV20141113', ecsOperations(clusters)],
    ['AmazonSSM', ssmOperations(clusters)],
  ])
  const ec2 = ec2Operations(clusters)

  const body = (call: Call): string => {
    switch (call._tag) {
      case 'Json': {
        const operation = services.get(call.service)?.[call.operation]
        if (operation === undefined)
          throw new ApiFailure('UnknownOperationException', `${call.operation} is unknown.`)
        return JSON.stringify(operation(jsonInput(call.body)))
      }
      case 'Query': {
        const operation = ec2[call.operation]
        if (operation === undefined) {
          throw new ApiFailure(
            'InvalidAction',
            `The action ${call.operation} is not valid for this web service.`,
          )
        }
        return element(`${call.operation}Response`, element('requestId', REQUEST_ID), operation(call.form))
      }
    }
  }

  return (call) => {
    try {
      return { status: 200, type: contentType(call), body: body(call) }
    } catch (error) {
      if (error instanceof ApiFailure) return failure(call, error)
      throw error
    }
  }
}

const REQUEST_ID = '00000000-0000-4000-8000-000000000000'

const contentType = (call: Call): string =>
  call._tag === 'Json' ? 'application/x-amz-json-1.1' : 'text/xml;charset=UTF-8'

const broken = new ApiFailure('InternalFailure', 'An internal error occurred.', 500)

const throttled = (call: Call): ApiFailure =>
  call._tag === 'Json'
    ? new ApiFailure('ThrottlingException', 'Rate exceeded')
    : new ApiFailure('RequestLimitExceeded', 'Request limit exceeded.', 503)

const denied = (call: Call): ApiFailure =>
  call._tag === 'Json'
    ? new ApiFailure(
        'AccessDeniedException',
        `User: arn:aws:iam::123456789012:user/any is not authorized to perform: ${call.operation}`,
      )
    : new ApiFailure('UnauthorizedOperation', 'You are not authorized to perform this operation.', 403)

/** The same failure in the service's own protocol. */
const failure = (call: Call, { code, message, status }: ApiFailure): Answer => ({
  status,
  type: contentType(call),
  body:
    call._tag === 'Json'
      ? JSON.stringify({ __type: code, message })
      : element(
          'Response',
          element('Errors', element('Error', element('Code', code), element('Message', message))),
          element('RequestID', REQUEST_ID),
        ),
})

const send = (response: ServerResponse, { status, type, body }: Answer): void => {
  response.writeHead(status, { 'content-type': type, 'x-amzn-requestid': REQUEST_ID })
  response.end(body)
}

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
