import Fastify from 'fastify'
import type { Registry } from 'prom-client'
import { type ListenAddress, listenAddress } from './listen-address.js'
import type { Readiness } from './readiness.js'

export interface StatusServerOptions {
  readonly listen: ListenAddress
  readonly readiness: () => Readiness
  readonly metrics: Registry
}

export interface StatusServer {
  /** Where it listens; with the port that it got, if it asked for any. */
  readonly url: string
  /** Stops listening and closes what is open. */
  close(): Promise<void>
}

/**
 * Tells how a worker is doing, to load balancers, orchestrators and Prometheus:
 * - `GET /health`: 200 `Healthy` while the process lives;
 * - `GET /ready`: 200, or 503 with the reasons;
 * - `GET /metrics`: Prometheus's text format.
 *
 * Rejects when it cannot listen.
 */
export const statusServer = async ({
  listen,
  readiness,
  metrics,
}: StatusServerOptions): Promise<StatusServer> => {
  const server = Fastify({
    // Questions are short, and who asks slowly is cut off: the worker has other things to do.
    bodyLimit: 1024,
    requestTimeout: 5_000,
    connectionTimeout: 10_000,
    forceCloseConnections: true,
  })
  server.get('/health', (_request, reply) => reply.type('text/plain; charset=utf-8').send('Healthy'))
  server.get('/ready', (_request, reply) => {
    const state = readiness()
    return reply.code(state.ready ? 200 : 503).send(state)
  })
  server.get('/metrics', async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.metrics()),
  )
  await server.listen({ host: listen.host, port: listen.port })
  const [address] = server.addresses()
  const port = typeof address === 'object' ? address.port : listen.port
  return {
    url: `http://${listenAddress().format({ host: listen.host, port })}`,
    close: () => server.close(),
  }
}
