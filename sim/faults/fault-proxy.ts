import { Agent, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { once } from 'node:events'
import { buffer } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { prng } from '../prng.js'
import {
  internalError,
  type Refusal,
  refused,
  type ServiceFailure,
  serviceRequest,
  throttled,
} from './service-failure.js'
import { httpServer } from '../http-server.js'

/**
 * The outcome of one request:
 * - `ok`: it is forwarded, and so is the response;
 * - `throttle`, `error500`: refused in the service's own format, never forwarded;
 * - `denied`, `expired`: the same, for a missing permission and for expired credentials;
 * - `hang`: neither answered nor forwarded, until the client gives up or the proxy closes;
 * - `reset`: the connection is reset, and nothing is forwarded;
 * - `lost-answer`: the target executes it and responds, but the connection is reset instead, so the client does not
 *   know.
 */
export type Fault = 'ok' | 'throttle' | 'error500' | 'hang' | 'reset' | 'lost-answer' | Refusal

/** Decides about the `count`-th request (from 1) of an operation, such as `PutItem`, or `GET /health` outside AWS. */
export type Faults = (operation: string, count: number) => Fault

export interface FaultProxyOptions {
  /** Where requests go: `http://host:port`. */
  readonly target: string
  /** `never` by default. */
  readonly faults?: Faults
  /** The delay of every request before its fault; 0 by default. */
  readonly latencyMs?: number
}

/** A reverse proxy with configurable faults. */
export interface FaultProxy {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string
  /** Called once per request; may be replaced at any time. */
  faults: Faults
  latencyMs: number
  /**
   * While true, every connection, open or new, is reset. The proxy keeps its port, so that it returns with the same
   * URL.
   */
  down: boolean
  /** Requests that arrived, by operation; none do while `down`. */
  readonly calls: ReadonlyMap<string, number>
  /** Requests that were passed on to the target, by operation. */
  readonly forwarded: ReadonlyMap<string, number>
  /** Resets every connection and stops. */
  close(): Promise<void>
}

/** No faults. */
export const never: Faults = () => 'ok'

/** Refuses half of the requests, as throttled or as a 500 in equal parts; the same `seed` gives the same sequence. */
export function half(seed: number): Faults {
  const random = prng(seed)
  return () => {
    const drawn = random.next()
    return drawn < 0.25 ? 'throttle' : drawn < 0.5 ? 'error500' : 'ok'
  }
}

/**
 * Starts a proxy on 127.0.0.1 and a free port. An unreachable target looks like `reset`. Bodies are held in memory.
 */
export async function faultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const target = new URL(options.target)
  // Node's servers drop idle connections after 5 s; closing them earlier avoids reusing one as it closes.
  const agent = new Agent({ keepAlive: true, timeout: 2000 })
  const sockets = new Set<Socket>()
  const calls = new Map<string, number>()
  const forwarded = new Map<string, number>()
  let down = false

  const resetAll = () => {
    for (const socket of sockets) socket.resetAndDestroy()
  }

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await buffer(request)
    const asked = serviceRequest(request, body)
    const fault = proxy.faults(asked.operation, count(calls, asked.operation))
    if (proxy.latencyMs > 0) await delay(proxy.latencyMs)
    switch (fault) {
      case 'ok':
        count(forwarded, asked.operation)
        reply(response, await forward(request, response, body))
        break
      case 'lost-answer':
        count(forwarded, asked.operation)
        await forward(request, response, body)
        reset(request)
        break
      case 'throttle':
        reply(response, throttled(asked))
        break
      case 'error500':
        reply(response, internalError(asked))
        break
      case 'denied':
      case 'expired':
        reply(response, refused(asked, fault))
        break
      case 'reset':
        reset(request)
        break
      case 'hang':
        break
    }
  }

  const forward = async (
    request: IncomingMessage,
    response: ServerResponse,
    body: Buffer,
  ): Promise<Answer> => {
    const { method = 'GET', url: path = '/', headers } = request
    const outgoing = httpRequest({
      agent,
      hostname: target.hostname,
      port: target.port,
      method,
      path,
      // `host` is forwarded unchanged, as by a load balancer; the length is that of the buffered body.
      headers: { ...endToEnd(headers), 'content-length': body.length },
    })
    // If a client gives up, its request to the target ends too: a long poll must not outlive its caller.
    const abandon = () => outgoing.destroy()
    response.once('close', abandon)
    try {
      outgoing.end(body)
      const [answer] = (await once(outgoing, 'response')) as [IncomingMessage]
      return {
        status: answer.statusCode ?? 502,
        headers: endToEnd(answer.headers),
        body: await buffer(answer),
      }
    } finally {
      response.off('close', abandon)
    }
  }

  const server = httpServer((request, response) => {
    // Any failure here means that a client or the target disconnected: the client's connection ends.
    handle(request, response).catch(() => reset(request))
  })
  server.on('connection', (socket) => {
    if (down) {
      socket.resetAndDestroy()
      return
    }
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  const proxy: FaultProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    faults: options.faults ?? never,
    latencyMs: options.latencyMs ?? 0,
    get down() {
      return down
    },
    set down(value) {
      down = value
      if (down) resetAll()
    },
    calls,
    forwarded,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()))
        resetAll()
        agent.destroy()
      }),
  }
  return proxy
}

/** A response of the target, or a failure made here. */
type Answer =
  | ServiceFailure
  | { readonly status: number; readonly headers: IncomingMessage['headers']; readonly body: Buffer }

function reply(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body)
}

const reset = ({ socket }: IncomingMessage) => socket.resetAndDestroy()

/** Adds one and returns the sum. */
function count(tally: Map<string, number>, operation: string): number {
  const sum = (tally.get(operation) ?? 0) + 1
  tally.set(operation, sum)
  return sum
}

/** Without headers that only concern one connection (RFC 9110, 7.6.1). */
function endToEnd({
  connection: _connection,
  'keep-alive': _keepAlive,
  'transfer-encoding': _encoding,
  ...headers
}: IncomingMessage['headers']): IncomingMessage['headers'] {
  return headers
}
