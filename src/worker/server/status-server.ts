import type { ListenAddress } from '../settings/listen-address.js'
import { statusRoutes, type StatusRoutesOptions } from './status-routes.js'
import { webhookServer } from './webhook-server.js'

export interface StatusServerOptions extends StatusRoutesOptions {
  readonly listen: ListenAddress
}

export interface StatusServer {
  /** Where it listens; with the port that it got, if it asked for any. */
  readonly url: string
  /** Stops listening and closes what is open. */
  close(): Promise<void>
}

/** Every answer is ready at once, so this is many more than load balancers, orchestrators and Prometheus ask with. */
const maxConnections = 500

/** Tells how a worker is doing, by `statusRoutes`. Rejects when it cannot listen. */
export const statusServer = ({ listen, ...answers }: StatusServerOptions): Promise<StatusServer> =>
  webhookServer({ listen, routes: [statusRoutes(answers)], maxConnections, closeWithinMs: 1_000 })
