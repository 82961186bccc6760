import { createServer } from 'node:http'
import Fastify, { type FastifyPluginCallback } from 'fastify'
import type { Clock, Millis } from '../../core/clock.js'
import type { WebhookListener } from '../../sources/webhooks/http-inbox.js'
import { wholeNumber } from '../../shared/codec/whole-number.js'
import { systemClock } from '../../shared/async/system-clock.js'
import { ConnectionRoom } from './connection-room.js'
import { type ListenAddress, listenAddress } from '../settings/listen-address.js'

/**
 * Webhooks by path, such as `{ '/sns': sns.listener }`. A listener gets every request of its path before anything has
 * read the body, and answers by itself.
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
  /** What is served: `webhookRoutes`, `statusRoutes`, and any plugin of fastify. */
  readonly routes: readonly FastifyPluginCallback[]
  /**
   * The most connections at once. Beyond it the new one is accepted and another one is closed: see `ConnectionRoom`.
   * Default: 2,000.
   */
  readonly maxConnections?: number
  /**
   * The most connections of one client address; beyond it the client loses another one of its own. Default: half of
   * `maxConnections`.
   */
  readonly maxPerClient?: number
  /**
   * How long `close` waits for requests that are not answered yet. Default: 15,000 ms, more than any webhook takes to
   * answer.
   */
  readonly closeWithinMs?: Millis
  /** Default: the machine's. */
  readonly clock?: Clock
}

export interface WebhookServer {
  /** Where it listens; with the port that it got, if it asked for any. */
  readonly url: string
  /**
   * Takes no more connections, waits for the answers that are due, and closes. Stop the worker first: that settles
   * them.
   */
  close(): Promise<void>
}

/**
 * Room for all answers that a webhook may owe (1,000 deliveries in flight) and as much again. The half of one client is
 * then enough for a load balancer that has one address and a webhook that has all its deliveries in flight. A process
 * needs a file for each: the least limit of ECS is 4,096.
 */
const defaultMaxConnections = 2_000

/**
 * Time for a request's head, counted from the connection or from the first byte, and for the whole request. Senders of
 * webhooks and scrapers send a few kB at once.
 */
const headersMs: Millis = 5_000
const requestMs: Millis = 10_000

/**
 * Longer than the 60 s for which load balancers of AWS keep a connection by default: they must be the ones who let
 * go.
 */
const keepAliveMs: Millis = 65_000

/** ARNs are parameters of some paths: with a cluster's name of 255 letters, and three letters for a slash. */
const longestParameter = 512

/** A connection on which nothing moves, because nobody reads the answer. */
const silenceMs: Millis = 120_000

/** Serves webhooks, and what else a worker has to say, on one port. Rejects when it cannot listen. */
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
  const server = Fastify({
    // Called for each address that a name such as `localhost` stands for.
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
          // Kept alive, it would hold up the end of the server.
          if (closing) http.closeIdleConnections()
        })
      })
      return http
    },
    routerOptions: { maxParamLength: longestParameter },
  })
  // Webhooks read bodies by themselves. Nothing else takes one, unless it adds a parser; an unknown path is 404,
  // whatever was sent there.
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
