import { createServer } from 'node:http'
import type { FastifyPluginCallback } from 'fastify'
import type { Clock, Millis } from '../../core/clock.js'
import type { WebhookListener } from '../../sources/webhooks/http-inbox.js'
import { wholeNumber } from '../../shared/codec/whole-number.js'
import { systemClock } from '../../shared/async/system-clock.js'
import { ConnectionRoom } from './connection-room.js'
import { type ListenAddress, listenAddress } from '../settings/listen-address.js'

/**
 * Webhooks by path, such as `{ '/sns': sns.listener }`. A listener gets every request of its path with the body unread,
 * and sends the response itself.
 */
export const webhookRoutes =
  (listeners: Readonly<Record<string, WebhookListener>>): FastifyPluginCallback =>
  (server, _options, done) => {
    for (const [path, listener] of Object.entries(listeners))
      server.all(
        path,
        {
          onRequest: (request, reply) => {
            reply.hijack()
            listener(request.raw, reply.raw)
          },
        },
        (_request, reply) => {
          reply.callNotFound()
        },
      )
    done()
  }

export interface WebhookServerOptions {
  readonly listen: ListenAddress
  /** The routes to serve: `webhookRoutes`, `statusRoutes`, or any Fastify plugin. */
  readonly routes: readonly FastifyPluginCallback[]
  /**
   * Maximum number of concurrent connections. At the limit, a new one is accepted and another one closed: see
   * `ConnectionRoom`. Default: 2,000.
   */
  readonly maxConnections?: number
  /**
   * Maximum number of connections per client address; at the limit, the client loses another one of its own. Default:
   * half of `maxConnections`.
   */
  readonly maxPerClient?: number
  /**
   * How long `close` waits for unanswered requests. Default: 15,000 ms, more than any webhook takes to answer.
   */
  readonly closeWithinMs?: Millis
  /** Default: the system clock. */
  readonly clock?: Clock
}

export interface WebhookServer {
  /** Where it listens, with the actual port if it asked for any free one. */
  readonly url: string
  /** Stops listening, waits for pending responses, and closes. Stop the worker first, because that settles them. */
  close(): Promise<void>
}

/**
 * Twice the number of deliveries that a webhook may have in flight (1,000). One client's half is then enough for a load
 * balancer with a single address and a webhook with all its deliveries in flight. Each connection needs a file
 * descriptor; the lowest limit on ECS is 4,096.
 */
const defaultMaxConnections = 2_000

/**
 * Timeouts for a request's head, counted from the connection or the first byte, and for the whole request. Webhook
 * senders and scrapers send a few kB at once.
 */
const headersMs: Millis = 5_000
const requestMs: Millis = 10_000

/** Longer than the 60 s of AWS load balancers' default idle timeout, because the load balancer must close first. */
const keepAliveMs: Millis = 65_000

/** Some paths contain ARNs: a cluster name has up to 255 letters, and an encoded slash takes three. */
const longestParameter = 512

/** Timeout for a connection on which no data moves, because the client does not read the response. */
const silenceMs: Millis = 120_000

/** Serves webhooks and other routes on one port. Rejects when it cannot listen. */
export const webhookServer = async ({
  listen,
  routes,
  maxConnections = defaultMaxConnections,
  maxPerClient = Math.ceil(maxConnections / 2),
  closeWithinMs = 15_000,
  clock = systemClock,
}: WebhookServerOptions): Promise<WebhookServer> => {
  wholeNumber('webhookServer: maxConnections', maxConnections, 1, 1_000_000)
  wholeNumber('webhookServer: maxPerClient', maxPerClient, 1, maxConnections)
  const room = new ConnectionRoom({ maxConnections, maxPerClient })
  let closing = false
  // Loaded here, so that a worker without a port does not load it.
  const { default: fastify } = await import('fastify')
  const server = fastify({
    // Called for each address that a name such as `localhost` resolves to.
    serverFactory: (handler) => {
      const http = createServer(
        {
          headersTimeout: headersMs,
          requestTimeout: requestMs,
          keepAliveTimeout: keepAliveMs,
          connectionsCheckingInterval: 1_000,
        },
        handler,
      )
      http.setTimeout(silenceMs)
      room.watch(http)
      http.on('request', (_request, response) => {
        response.once('close', () => {
          // A connection that is kept alive would delay the close of the server.
          if (closing) http.closeIdleConnections()
        })
      })
      return http
    },
    routerOptions: { maxParamLength: longestParameter },
  })
  // Webhooks read bodies themselves; other routes ignore them unless they add a parser. An unknown path is 404,
  // whatever its body.
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('*', (_request, _payload, parsed) => parsed(null))
  for (const plugin of routes) server.register(plugin)
  await server.listen({ host: listen.host, port: listen.port })
  const [address] = server.addresses()
  const port = typeof address === 'object' ? address.port : listen.port
  return {
    url: `http://${listenAddress().format({ host: listen.host, port })}`,
    close: async () => {
      closing = true
      const closed = new AbortController()
      void clock.sleep(closeWithinMs, closed.signal).then(() => {
        if (!closed.signal.aborted) server.server.closeAllConnections()
      })
      await server.close()
      closed.abort()
    },
  }
}
