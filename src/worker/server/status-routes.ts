import type { FastifyPluginCallback } from 'fastify'
import type { Registry } from 'prom-client'
import type { Readiness } from '../observability/readiness.js'

export interface StatusRoutesOptions {
  readonly readiness: () => Readiness
  readonly metrics: Registry
  /** The body of `/health`. Default: `Healthy`. */
  readonly health?: string | undefined
}

/**
 * The status of a worker, for load balancers, orchestrators and Prometheus:
 * - `GET /health`: 200 and `Healthy` while the process runs;
 * - `GET /ready`: 200, or 503 with the reasons;
 * - `GET /metrics`: Prometheus's text format.
 */
export const statusRoutes =
  ({ readiness, metrics, health = 'Healthy' }: StatusRoutesOptions): FastifyPluginCallback =>
  (server, _options, done) => {
    server.get('/health', (_request, reply) => reply.type('text/plain; charset=utf-8').send(health))
    server.get('/ready', (_request, reply) => {
      const state = readiness()
      return reply.code(state.ready ? 200 : 503).send(state)
    })
    server.get('/metrics', async (_request, reply) =>
      reply.type(metrics.contentType).send(await metrics.metrics()),
    )
    done()
  }
