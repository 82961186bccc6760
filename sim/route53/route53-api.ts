import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { ApiFailure } from '../aws-api/api-failure.js'
import { callOf, type Route53Answer, type Route53Call } from './route53-operations.js'
import { broken, busy, refused, REQUEST_ID, throttled } from './route53-refusals.js'
import { httpServer } from '../http-server.js'

/**
 * The outcome of a call:
 * - `ok`: it is executed and answered;
 * - `throttle`, `busy`, `error500`: refused as `Throttling`, `PriorRequestNotComplete` or an internal error, and not
 *   executed;
 * - `hang`: neither executed nor answered;
 * - `drop`: not executed, and the connection breaks;
 * - `lost-answer`: executed, but the connection breaks instead of an answer.
 */
export type Route53Outcome = 'ok' | 'throttle' | 'busy' | 'error500' | 'hang' | 'drop' | 'lost-answer'

/** Decides the outcome of the `n`-th call (from 1) of an operation such as `ChangeResourceRecordSets`. */
export type Route53Faults = (operation: string, n: number) => Route53Outcome

/** The running server. */
export interface Route53Api {
  /** The `endpoint` to give to the client. */
  readonly url: string
  /** Calls per operation so far, including refused ones. */
  readonly calls: ReadonlyMap<string, number>
  /** Replaces the faults; earlier calls keep their outcome. */
  readonly inject: (faults: Route53Faults) => void
  /** Stops listening and breaks all open connections, including hanging calls. */
  close(): Promise<void>
}

/** The REST-XML protocol on 127.0.0.1 and a free port, for any credentials. `answer` throws an `ApiFailure` to refuse. */
export const route53Api = async (
  answer: (call: Route53Call) => Promise<Route53Answer>,
  initial: Route53Faults,
): Promise<Route53Api> => {
  const calls = new Map<string, number>()
  let faults = initial
  let closed: Promise<void> | undefined

  const answered = (call: Route53Call): Promise<Route53Answer> =>
    answer(call).catch((error: unknown) => {
      if (error instanceof ApiFailure) return refused(error)
      throw error
    })

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const call = callOf(request.method ?? 'GET', request.url ?? '/', await text(request))
    const n = (calls.get(call.operation) ?? 0) + 1
    calls.set(call.operation, n)
    const outcome = faults(call.operation, n)
    switch (outcome) {
      case 'ok':
        send(response, await answered(call))
        return
      case 'throttle':
        send(response, refused(throttled))
        return
      case 'busy':
        send(response, refused(busy))
        return
      case 'error500':
        send(response, refused(broken))
        return
      case 'hang':
        return
      case 'drop':
        request.socket.destroy()
        return
      case 'lost-answer':
        await answered(call)
        request.socket.destroy()
        return
    }
  }

  const server = httpServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      // A client that disconnects in the middle of its request is ignored; anything else is a bug and is thrown.
      if (request.complete) throw error
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

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

const send = (response: ServerResponse, { status, headers, body }: Route53Answer): void => {
  response.writeHead(status, { 'content-type': 'text/xml', 'x-amzn-requestid': REQUEST_ID, ...headers })
  response.end(body)
}
