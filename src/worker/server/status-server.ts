import type { FastifyPluginCallback } from 'fastify'
import type { ListenAddress } from '../settings/listen-address.js'
import { statusRoutes, type StatusRoutesOptions } from './status-routes.js'
import { webhookServer } from './webhook-server.js'

export interface StatusServerOptions extends StatusRoutesOptions {
  readonly listen: ListenAddress
  /** Further routes. Default: none. */
  readonly routes?: readonly FastifyPluginCallback[]
}

export interface StatusServer {
  /** Where it listens, with the actual port if it asked for any free one. */
  readonly url: string
  /** Stops listening and closes open connections. */
  close(): Promise<void>
}

/** Every answer is immediate, so this is far more than load balancers, orchestrators and Prometheus need. */
const maxConnections = 500

/** Serves `statusRoutes`. Rejects when it cannot listen. */
export const statusServer = ({
  listen,
  routes = [],
  ...answers
}: StatusServerOptions): Promise<StatusServer> =>
  webhookServer({ listen, routes: [statusRoutes(answers), ...routes], maxConnections, closeWithinMs: 1_000 })
